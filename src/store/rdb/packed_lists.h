#pragma once

// The packed forms in which Redis keeps small collections, and writes them as strings: listpacks, and ziplists, intsets
// and zipmaps of older versions. Each gives the elements in their order, integers as decimal text; nothing for bytes
// that are none.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::store::rdb {

using Elements = std::vector<std::string>;

std::optional<Elements> read_listpack(std::string_view bytes);
std::optional<Elements> read_ziplist(std::string_view bytes);
std::optional<Elements> read_intset(std::string_view bytes);
std::optional<Elements> read_zipmap(std::string_view bytes);  // names and values in turn

std::string write_listpack(const Elements& elements);

}  // namespace millrace::store::rdb
