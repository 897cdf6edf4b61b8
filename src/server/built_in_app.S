# The to-do list as it stands in apps/tasks.graphql, for a program that runs away from its sources.
    .section .rodata
    .global millrace_built_in_app
    .global millrace_built_in_app_end
millrace_built_in_app:
    .incbin "apps/tasks.graphql"
millrace_built_in_app_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
