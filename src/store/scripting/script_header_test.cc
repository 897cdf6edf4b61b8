#include "store/scripting/script_header.h"

#include <gtest/gtest.h>

namespace millrace::store {
namespace {

std::string script_error(std::string_view body) {
  auto header = read_script_header(body);
  return header ? "" : header.error().message;
}

std::string library_error(std::string_view code) {
  auto header = read_library_header(code);
  return header ? "" : header.error().message;
}

TEST(ScriptHeader, IsAbsentWithoutItsMark) {
  const ScriptHeader header = read_script_header("return 1").value();

  EXPECT_FALSE(header.present);
  EXPECT_EQ(header.size, 0u);
}

TEST(ScriptHeader, NamesFlags) {
  EXPECT_EQ(read_script_header("#!lua\nreturn 1").value().flags, 0);
  EXPECT_EQ(read_script_header("#!lua flags=\n").value().flags, 0);
  EXPECT_EQ(read_script_header("#!lua flags=no-writes,allow-key-locking\n").value().flags,
            no_writes | allow_key_locking);
  EXPECT_EQ(
      read_script_header("#!lua flags=allow-oom flags=allow-stale,no-cluster,allow-cross-slot-keys\n").value().flags,
      allow_oom | allow_stale | no_cluster | allow_cross_slot_keys);
  EXPECT_EQ(read_script_header("#!lua\nreturn 1").value().size, 5u);
}

TEST(ScriptHeader, RefusesWhatRedisRefuses) {
  EXPECT_EQ(script_error("#!lua"), "ERR Invalid script shebang");
  EXPECT_EQ(script_error("#!lua \"x\n"), "ERR Invalid engine in script shebang");
  EXPECT_EQ(script_error("#!not-lua\n"), "ERR Unexpected engine in script shebang: #!not-lua");
  EXPECT_EQ(script_error("#!lua badger=data\n"), "ERR Unknown lua shebang option: badger=data");
  EXPECT_EQ(script_error("#!lua flags=allow-oom,what?\n"), "ERR Unexpected flag in script shebang: what?");
}

TEST(LibraryHeader, NamesTheLibrary) {
  EXPECT_EQ(read_library_header("#!lua name=lib_1\n").value().name, "lib_1");
  EXPECT_EQ(read_library_header("#!LUA NAME=\"foo\"\n").value().name, "foo");
}

TEST(LibraryHeader, RefusesWhatRedisRefuses) {
  EXPECT_EQ(library_error("return 1"), "ERR Missing library metadata");
  EXPECT_EQ(library_error("#!lua name=x"), "ERR Invalid library metadata");
  EXPECT_EQ(library_error("#! name=test\n"), "ERR Engine '' not found");
  EXPECT_EQ(library_error("#!bad_engine name=test\n"), "ERR Engine 'bad_engine' not found");
  EXPECT_EQ(library_error("#!lua name=test foo=bar\n"), "ERR Invalid metadata value given: foo=bar");
  EXPECT_EQ(library_error("#!lua\n"), "ERR Library name was not given");
  EXPECT_EQ(library_error("#!lua name=foo name=bar\n"),
            "ERR Invalid metadata value, name argument was given multiple times");
  EXPECT_EQ(
      library_error("#!lua name=a-b\n"),
      "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long");
}

}  // namespace
}  // namespace millrace::store
