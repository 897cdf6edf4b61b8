# Writes OUTPUT/assets.S and OUTPUT/assets_table.cc from the pages in OWN (packed here) and BUNDLED (packed already), two
# lists of files with | between, below the folders PAGES and BUNDLE. Run by assets.cmake.
cmake_minimum_required(VERSION 3.25)
find_program(GZIP gzip REQUIRED)
string(REPLACE "|" ";" OWN "${OWN}")
string(REPLACE "|" ";" BUNDLED "${BUNDLED}")
file(MAKE_DIRECTORY ${OUTPUT}/packed)

set(names "")
foreach(file ${BUNDLED})
  file(RELATIVE_PATH name ${BUNDLE} ${file})
  string(REGEX REPLACE "\\.gz$" "" name ${name})
  list(APPEND names ${name})
  set("packed_${name}" ${file})
endforeach()
foreach(file ${OWN})
  file(RELATIVE_PATH name ${PAGES} ${file})
  if(NOT name IN_LIST names)
    execute_process(COMMAND ${GZIP} -9nc ${file} OUTPUT_FILE ${OUTPUT}/packed/${name}.gz COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND names ${name})
    set("packed_${name}" ${OUTPUT}/packed/${name}.gz)
  endif()
endforeach()
list(SORT names)

set(content_type_html "text/html; charset=utf-8")
set(content_type_css "text/css; charset=utf-8")
set(content_type_js "text/javascript; charset=utf-8")
set(content_type_txt "text/plain; charset=utf-8")
set(content_type_svg "image/svg+xml")
set(content_type_ttf "font/ttf")

set(bytes "// Generated.\n    .section .rodata\n")
set(symbols "")
set(rows "")
set(index 0)
foreach(name ${names})
  set(file ${packed_${name}})
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 16 tag)
  string(REGEX MATCH "[^.]+$" ending ${name})
  if(NOT content_type_${ending})
    message(FATAL_ERROR "cmake/embed_assets.cmake has no content type for '${name}'")
  endif()
  set(immutable false)
  if(name MATCHES "^assets/")
    set(immutable true)
  endif()
  set(symbol millrace_asset_${index})
  string(APPEND bytes "    .global ${symbol}, ${symbol}_end\n${symbol}: // ${hash}\n    .incbin \"${file}\"\n${symbol}_end:\n")
  string(APPEND symbols "extern const char ${symbol}[], ${symbol}_end[];\n")
  string(APPEND rows "      {.path = \"/console/${name}\", .content_type = \"${content_type_${ending}}\", .gzipped = between(${symbol}, ${symbol}_end), .etag = \"\\\"${tag}\\\"\", .immutable = ${immutable}},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND bytes "    .section .note.GNU-stack, \"\", %progbits\n")

file(WRITE ${OUTPUT}/assets.S "${bytes}")
file(WRITE ${OUTPUT}/assets_table.cc "// Generated.
#include \"front/assets/assets.h\"

extern \"C\" {
${symbols}}

namespace millrace::front {
namespace {

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

}  // namespace

std::span<const Asset> all_assets() {
  static const Asset table[] = {
${rows}  };
  return table;
}

}  // namespace millrace::front
")
