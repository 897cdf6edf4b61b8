# The browser pages, embedded in the server: our own from console/pages, and GraphiQL from build/console where
# `./dev build` has bundled it. A page of the bundle takes the place of one of ours of the same name.
#
# embed_assets.cmake turns them into one assembler file with the bytes (GCC 12 has no #embed) and one table for
# src/front/assets/assets.cc.
if(TARGET millrace_front)
  set(bundle ${CMAKE_SOURCE_DIR}/build/console)
  file(GLOB own_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/console/pages/*)
  file(GLOB_RECURSE bundled_pages CONFIGURE_DEPENDS ${bundle}/*.gz)
  set(generated ${CMAKE_BINARY_DIR}/assets)
  list(JOIN bundled_pages "|" bundled_argument)
  list(JOIN own_pages "|" own_argument)

  add_custom_command(
    OUTPUT ${generated}/assets.S ${generated}/assets_table.cc
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${generated} -D BUNDLE=${bundle} "-D BUNDLED=${bundled_argument}"
            -D PAGES=${CMAKE_SOURCE_DIR}/console/pages "-D OWN=${own_argument}"
            -P ${CMAKE_CURRENT_LIST_DIR}/embed_assets.cmake
    DEPENDS ${own_pages} ${bundled_pages} ${CMAKE_CURRENT_LIST_DIR}/embed_assets.cmake
    COMMENT "Embedding the browser pages"
    VERBATIM)
  target_sources(millrace_front PRIVATE ${generated}/assets.S ${generated}/assets_table.cc)
  find_package(ZLIB REQUIRED)
  target_link_libraries(millrace_front PRIVATE ZLIB::ZLIB)
endif()
