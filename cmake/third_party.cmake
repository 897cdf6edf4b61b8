# Third-party libraries that Debian ships without a CMake target of their own.

# llhttp: the sources and the header that Debian's node-llhttp carries, compiled in.
add_library(millrace_llhttp STATIC EXCLUDE_FROM_ALL
  /usr/share/llhttp/api.c /usr/share/llhttp/http.c /usr/share/llhttp/llhttp.c)
target_include_directories(millrace_llhttp SYSTEM PUBLIC /usr/share/include/llhttp)
# Strict: the end of a chunk, header names and line ends are held to the letter.
target_compile_definitions(millrace_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
target_compile_options(millrace_llhttp PRIVATE -w)

# RocksDB, linked statically: it takes three quarters of the processor time of the shared library.
add_library(millrace_rocksdb INTERFACE)
target_link_libraries(millrace_rocksdb INTERFACE /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/librocksdb.a
  Threads::Threads ${CMAKE_DL_LIBS} snappy z bz2 lz4 zstd)

# RE2, linked statically: one program is all there is to install.
add_library(millrace_re2 INTERFACE)
target_link_libraries(millrace_re2 INTERFACE /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libre2.a Threads::Threads)

# jemalloc, linked statically: a third less processor time for a mutation than with the allocator of glibc, whose blocks of
# more than a kilobyte are slow.
add_library(millrace_jemalloc INTERFACE)
target_link_libraries(millrace_jemalloc INTERFACE /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libjemalloc.a)

# Lua 5.1 and its bit operations, linked statically. The library that is compiled as C++: its errors are exceptions, which
# unwind what functions of ours hold.
add_library(millrace_lua INTERFACE)
target_include_directories(millrace_lua SYSTEM INTERFACE /usr/include/lua5.1)
target_link_libraries(millrace_lua INTERFACE
  /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/liblua5.1-bitop.a
  /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/liblua5.1-c++.a m ${CMAKE_DL_LIBS})

# Abseil's time zones, linked statically, with what they need of its other libraries.
add_library(millrace_absl_time INTERFACE)
foreach(part time civil_time time_zone strings strings_internal int128 throw_delegate base spinlock_wait
        raw_logging_internal log_severity)
  target_link_libraries(millrace_absl_time INTERFACE /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libabsl_${part}.a)
endforeach()
target_link_libraries(millrace_absl_time INTERFACE Threads::Threads)
