#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_arguments(Walk& walk, ast::List<ast::Argument> arguments) {
  auto first = first_of_same_name(arguments, walk.arena(), [](auto& argument) { return argument.name.text; });
  for_each_duplicated(first, [&](std::span<const std::uint32_t> same) {
    std::vector<std::uint32_t> offsets;
    for (auto i : same) offsets.push_back(arguments[i].name.offset);
    walk.report().add({"Argument \"", arguments[same[0]].name.text, "\" is given several times."}, offsets);
  });
}

}  // namespace

extern const Rule argument_uniqueness{
    .name = "Argument Uniqueness",
    .reference_name = "UniqueArgumentNames",
    .enter_arguments = enter_arguments,
};

}  // namespace millrace::graphql
