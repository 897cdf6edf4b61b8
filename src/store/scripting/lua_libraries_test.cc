// The libraries that scripts find beside Lua's own: cjson, cmsgpack, struct, bit; and those of Lua that are not its
// own.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/scripting/interpreter.h"

namespace millrace::store {
namespace {

// What an expression is, by Lua's tostring; of an error what stands behind "user_script:1: ".
std::string evaluate(std::string_view expression) {
  static Interpreter interpreter;
  const std::string body = fmt::format(
      "local function hex(s) return (s:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end\n"
      "local ok, result = pcall(function() return tostring({}) end)\n"
      "return ok and result or (result:gsub('^user_script:%d+: ', ''))",
      expression);
  auto script = interpreter.load(body);
  if (!script) return script.error().message;
  ScriptCall call{};
  auto reply = interpreter.run(**script, call);
  return reply ? reply->text : reply.error().message;
}

void holds(std::string_view statements) {
  EXPECT_EQ(evaluate(fmt::format("(function() {} return 'fine' end)()", statements)), "fine") << statements;
}

TEST(LuaJson, WritesValues) {
  EXPECT_EQ(evaluate("cjson.encode({1, 2, {}, {a={}}, 1e15, 1e14, 0.1, 1/3})"),
            "[1,2,{},{\"a\":{}},1e+15,1e+14,0.1,0.33333333333333]");
  EXPECT_EQ(evaluate("cjson.encode('\\1\\127/\"\\\\\\b\\t\\n\\f\\r\\233')"),
            "\"\\u0001\\u007f\\/\\\"\\\\\\b\\t\\n\\f\\r\xe9\"");
  EXPECT_EQ(evaluate("cjson.encode({true, false, cjson.null})"), "[true,false,null]");
  EXPECT_EQ(evaluate("cjson.encode(nil)"), "null");
  EXPECT_EQ(evaluate("cjson.encode({[1]='a', [3]='c'})"), "[\"a\",null,\"c\"]");
  EXPECT_EQ(evaluate("cjson.encode({[10.5]=1})"), "{\"10.5\":1}");
  EXPECT_EQ(evaluate("cjson.encode({[0]=1})"), "{\"0\":1}");
}

TEST(LuaJson, RefusesToWriteWhatJsonDoesNotHave) {
  EXPECT_EQ(evaluate("cjson.encode({[1]=1, [20]=1})"), "Cannot serialise table: excessively sparse array");
  EXPECT_EQ(evaluate("cjson.encode(string.rep)"), "Cannot serialise function: type not supported");
  EXPECT_EQ(evaluate("cjson.encode(0/0)"), "Cannot serialise number: must not be NaN or Inf");
  EXPECT_EQ(evaluate("cjson.encode({[false]=1})"), "Cannot serialise boolean: table key must be a number or string");
  EXPECT_EQ(evaluate("cjson.encode()"), "bad argument #1 to 'encode' (expected 1 argument)");
}

TEST(LuaJson, ReadsValues) {
  EXPECT_EQ(evaluate("table.concat(cjson.decode('[0.0, -5e3, -1, 0.3e-3, 1023.2, 0e10]'), ' ')"),
            "0 -5000 -1 0.0003 1023.2 0");
  EXPECT_EQ(evaluate("cjson.decode('{\"a\": {\"b\": [true, null, \"x\"]}}').a.b[3]"), "x");
  EXPECT_EQ(evaluate("cjson.decode('[null]')[1] == cjson.null"), "true");
  EXPECT_EQ(evaluate("cjson.decode([[\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\n\\/\"]])"),
            "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n/");
  EXPECT_EQ(evaluate("cjson.decode('\"\\255\"') == '\\255'"), "true") << "bytes pass as they are";
  EXPECT_EQ(evaluate("cjson.decode('0x10')"), "16");
  EXPECT_EQ(evaluate("cjson.decode(' -Infinity ')"), "-inf");
}

TEST(LuaJson, TellsWhereReadingFailed) {
  EXPECT_EQ(evaluate("cjson.decode('{x')"), "Expected object key string but found invalid token at character 2");
  EXPECT_EQ(evaluate("cjson.decode('[1,]')"), "Expected value but found T_ARR_END at character 4");
  EXPECT_EQ(evaluate("cjson.decode('[1 2]')"), "Expected comma or array end but found T_NUMBER at character 4");
  EXPECT_EQ(evaluate("cjson.decode('{\"a\" 1}')"), "Expected colon but found T_NUMBER at character 6");
  EXPECT_EQ(evaluate("cjson.decode('{\"a\":1')"), "Expected comma or object end but found T_END at character 7");
  EXPECT_EQ(evaluate("cjson.decode('\"x')"), "Expected value but found unexpected end of string at character 3");
  EXPECT_EQ(evaluate("cjson.decode([[\"\\x\"]])"), "Expected value but found invalid escape code at character 2");
  EXPECT_EQ(evaluate("cjson.decode([[\"\\ud800\"]])"),
            "Expected value but found invalid unicode escape code at character 2");
  EXPECT_EQ(evaluate("cjson.decode('1 2')"), "Expected the end but found T_NUMBER at character 3");
  EXPECT_EQ(evaluate("cjson.decode('')"), "Expected value but found T_END at character 1");
  EXPECT_EQ(evaluate("cjson.decode('\\0\\0')"), "JSON parser does not support UTF-16 or UTF-32");
}

TEST(LuaJson, HasOptions) {
  EXPECT_EQ(evaluate("table.concat({cjson.encode_max_depth(), cjson.decode_max_depth(), "
                     "cjson.encode_number_precision(), tostring(cjson.encode_keep_buffer()), "
                     "tostring(cjson.encode_invalid_numbers()), tostring(cjson.decode_invalid_numbers())}, ' ')"),
            "1000 1000 14 true false true");
  EXPECT_EQ(evaluate("select('#', cjson.encode_sparse_array())"), "3");
  EXPECT_EQ(evaluate("cjson.encode_max_depth(0)"),
            "bad argument #1 to 'encode_max_depth' (expected integer between 1 and 2147483647)");
  EXPECT_EQ(evaluate("cjson.encode_max_depth('x')"),
            "bad argument #1 to 'encode_max_depth' (number expected, got string)");
  EXPECT_EQ(evaluate("cjson.encode_invalid_numbers('foo')"),
            "bad argument #1 to 'encode_invalid_numbers' (invalid option 'foo')");
  holds("cjson.encode_sparse_array(true) assert(cjson.encode({[1]=1, [20]=1}):sub(1, 1) == '{')");
  holds("cjson.encode_invalid_numbers('null') assert(cjson.encode({0/0}) == '[null]')");
  holds("cjson.encode_invalid_numbers(true) assert(cjson.encode({1/0}) == '[inf]')");
  holds("cjson.decode_invalid_numbers(false) assert(not pcall(cjson.decode, '0x10'))");
  holds("cjson.encode_max_depth(1) assert(not pcall(cjson.encode, {{}}))");
  holds("cjson.decode_max_depth(1) assert(not pcall(cjson.decode, '[[]]'))");
  holds("cjson.encode_number_precision(3) assert(cjson.encode(1/3) == '0.333')");
}

TEST(LuaJson, KeepsArraysArraysWhenAsked) {
  EXPECT_EQ(evaluate("cjson.encode(cjson.decode('[]'))"), "{}");
  holds("cjson.decode_array_with_array_mt(true) assert(cjson.encode(cjson.decode('{\"a\":[],\"b\":{}}').a) == '[]')");
  holds("cjson.decode_array_with_array_mt(true) assert(cjson.encode(cjson.decode('[[],{}]')) == '[[],{}]')");
}

TEST(LuaJson, CanBeHadWithOptionsOfItsOwn) {
  holds(
      "local other = cjson.new() other.encode_max_depth(1) assert(cjson.encode({{1}}) == '[[1]]') "
      "assert(not pcall(other.encode, {{1}}))");
}

TEST(LuaMsgpack, PacksInTheFewestBytes) {
  const std::pair<const char*, const char*> packed[] = {
      {"0.1", "cb3fb999999999999a"},
      {"0.5", "ca3f000000"},
      {"1", "01"},
      {"127", "7f"},
      {"128", "cc80"},
      {"65535", "cdffff"},
      {"65536", "ce00010000"},
      {"2^40", "cf0000010000000000"},
      {"-1", "ff"},
      {"-33", "d0df"},
      {"-129", "d1ff7f"},
      {"-32769", "d2ffff7fff"},
      {"-1099511627776", "d3ffffff0000000000"},
      {"true", "c3"},
      {"false", "c2"},
      {"nil", "c0"},
      {"'a'", "a161"},
      {"{}", "90"},
      {"{1, 'a'}", "9201a161"},
      {"{a=1}", "81a16101"},
      {"{[2]=1}", "810201"},
      {"string.rep", "c0"},
      {"1, 'a'", "01a161"},
      {"1/0", "ca7f800000"},
  };
  for (const auto& [value, bytes] : packed) {
    EXPECT_EQ(evaluate(fmt::format("hex(cmsgpack.pack({}))", value)), bytes) << value;
  }
  EXPECT_EQ(evaluate("hex(cmsgpack.pack(('x'):rep(32)):sub(1, 2))"), "d920");
  EXPECT_EQ(evaluate("hex(cmsgpack.pack(('x'):rep(256)):sub(1, 3))"), "da0100");
  EXPECT_EQ(evaluate("hex(cmsgpack.pack(('x'):rep(65536)):sub(1, 5))"), "db00010000");
  EXPECT_EQ(evaluate("hex(cmsgpack.pack({1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16}):sub(1, 3))"), "dc0010");
}

TEST(LuaMsgpack, ReadsWhatItPacked) {
  for (const char* value : {"0.1", "-0.5", "1", "128", "65535", "65536", "2^40", "-1", "-33", "-129", "-32769",
                            "-1099511627776", "true", "false", "nil", "'a'", "('x'):rep(300)", "1/0"}) {
    holds(fmt::format("assert(cmsgpack.unpack(cmsgpack.pack({0})) == {0})", value));
  }
  holds(
      "local t = {} for i = 1, 70000 do t[i] = i end local u = cmsgpack.unpack(cmsgpack.pack(t)) "
      "assert(#u == 70000 and u[70000] == 70000)");
  holds(
      "local t = {} for i = 1, 70000 do t['k' .. i] = i end "
      "assert(cmsgpack.unpack(cmsgpack.pack(t)).k70000 == 70000)");
}

TEST(LuaMsgpack, ReadsPartByPart) {
  holds(
      "local all = cmsgpack.pack('a', 'b', 'c') local at, x = cmsgpack.unpack_one(all) assert(at == 2 and x == 'a') "
      "local end_, y, z = cmsgpack.unpack_limit(all, 2, at) assert(end_ == -1 and y == 'b' and z == 'c') "
      "local a, b, c = cmsgpack.unpack(all) assert(a .. b .. c == 'abc')");
  EXPECT_THAT(evaluate("cmsgpack.unpack_one('a', 5)"),
              testing::StartsWith("Start offset 5 greater than input length 1."));
}

TEST(LuaMsgpack, RefusesBytesThatAreNone) {
  EXPECT_EQ(evaluate("cmsgpack.unpack('\\193')"), "Bad data format in input.");
  EXPECT_EQ(evaluate("cmsgpack.unpack('\\146')"), "Missing bytes in input.");
  EXPECT_EQ(evaluate("cmsgpack.unpack('\\219\\255\\255\\255\\255')"), "Missing bytes in input.");
  EXPECT_EQ(evaluate("cmsgpack.unpack('\\221\\255\\255\\255\\255')"), "Missing bytes in input.");
  EXPECT_EQ(evaluate("cmsgpack.unpack('\\129\\192\\1')"), "table index is nil");
  EXPECT_EQ(evaluate("cmsgpack.pack()"), "bad argument #0 to 'pack' (MessagePack pack needs input.)");
}

TEST(LuaMsgpack, CutsWhatIsNestedTooDeep) {
  EXPECT_EQ(
      evaluate(
          "(function() local a = {x=nil,y=5} local b = {x=a} a['x'] = b "
          "local re = cmsgpack.unpack(cmsgpack.pack(a)) "
          "return tostring(re.x.x.x.x.x.x.x.x.x.x.x.x.x.x.y) .. tostring(re.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x) end)()"),
      "5nil");
}

TEST(LuaStruct, PacksAndReads) {
  EXPECT_EQ(evaluate("hex(struct.pack('<i4>I2b', 1, 258, -1))"), "010000000102ff");
  EXPECT_EQ(evaluate("hex(struct.pack('>d', 1.5))"), "3ff8000000000000");
  EXPECT_EQ(evaluate("hex(struct.pack('<f', 1.5))"), "0000c03f");
  EXPECT_EQ(evaluate("hex(struct.pack('sc2c0x', 'ab', 'cde', 'f'))"), "61620063646600");
  EXPECT_EQ(evaluate("hex(struct.pack('!4<bi4', 1, 2))"), "0100000002000000");
  EXPECT_EQ(evaluate("struct.size('!8bd')"), "16");
  EXPECT_EQ(evaluate("hex(struct.pack('>i16', -1))"), "0000000000000000ffffffffffffffff");
  holds(
      "local a, b, c, at = struct.unpack('<hHs', struct.pack('<hHs', -2, 65535, 'xy')) "
      "assert(a == -2 and b == 65535 and c == 'xy' and at == 8)");
  holds("local s, at = struct.unpack('bc0', '\\3abcd') assert(s == 'abc' and at == 5)");
  holds("local x, at = struct.unpack('<i4', 'xx\\1\\0\\0\\0', 3) assert(x == 1 and at == 7)");
}

TEST(LuaStruct, RefusesWrongLayouts) {
  EXPECT_EQ(evaluate("struct.pack('y')"), "bad argument #1 to 'pack' (invalid format option 'y')");
  EXPECT_EQ(evaluate("struct.unpack('i4', 'abc')"), "bad argument #2 to 'unpack' (data string too short)");
  EXPECT_EQ(evaluate("struct.unpack('c0', 'abc')"), "format 'c0' needs a previous size");
  EXPECT_EQ(evaluate("struct.unpack('s', 'abc')"), "unfinished string in data");
  EXPECT_EQ(evaluate("struct.unpack('bc0', '\\9a')"), "bad argument #2 to 'unpack' (data string too short)");
  EXPECT_EQ(evaluate("struct.unpack('i4', 'abcd', 9)"), "bad argument #2 to 'unpack' (data string too short)");
  EXPECT_EQ(evaluate("struct.unpack('i4', 'abcd', 0)"), "bad argument #3 to 'unpack' (offset must be 1 or greater)");
  EXPECT_EQ(evaluate("struct.pack('i33', 1)"), "integral size 33 is larger than limit of 32");
  EXPECT_EQ(evaluate("struct.pack('!3i', 1)"), "alignment 3 is not a power of 2");
  EXPECT_EQ(evaluate("struct.pack('i99999999999', 1)"), "integral size overflow");
  EXPECT_EQ(evaluate("struct.size('s')"), "bad argument #1 to 'size' (option 's' has no fixed size)");
}

TEST(LuaBit, CountsIn32Bits) {
  holds(
      "assert(bit.tobit(1) == 1) assert(bit.band(1) == 1) assert(bit.bxor(1, 2) == 3) "
      "assert(bit.bor(1, 2, 4, 8, 16, 32, 64, 128) == 255) assert(bit.tohex(255, 4) == '00ff') "
      "assert(bit.lshift(1, 31) == -2147483648) assert(bit.arshift(-8, 1) == -4)");
}

TEST(LuaPattern, FindsPlacesAndCaptures) {
  const std::pair<const char*, const char*> found[] = {
      {"table.concat({('hello world'):find('o w')}, ',')", "5,7"},
      {"table.concat({('hello world'):find('(o)( )(w)')}, ',')", "5,7,o, ,w"},
      {"table.concat({('a.b'):find('.', 1, true)}, ',')", "2,2"},
      {"table.concat({('abc'):find('', 10)}, ',')", "4,3"},
      {"table.concat({('abc'):find('b', -2)}, ',')", "2,2"},
      {"tostring(('abc'):find('x'))", "nil"},
      {"('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key"},
      {"select(2, ('key = value'):match('^(%w+)%s*=%s*(%w+)$'))", "value"},
      {"('hello'):match('()ll()')", "3"},
      {"('aXb'):match('%u')", "X"},
      {"('f(a(b)c)d'):match('%b()')", "(a(b)c)"},
      {"('THE (quick) fox'):find('%f[%a]%a+%f[%A]', 5)", "6"},
      {"('[[x]]'):match('%[(%[.-%])%]')", "[x]"},
      {"('abab'):match('(ab)%1')", "ab"},
      {"('a-z]'):match('[]a-]+')", "a-"},
      {"('x^y'):match('[x^]+')", "x^"},
      {"('2024-01-31'):match('(%d+)-(%d+)-(%d+)')", "2024"},
      {"('aaa'):match('a-b?$')", "aaa"},
      {"('aaab'):match('a*b')", "aaab"},
      {"('color colour'):gsub('colou?r', 'X')", "X X"},
      {"('abc'):gsub('', '-')", "-a-b-c-"},
      {"('hello world'):gsub('(%w+)', '<%1>')", "<hello> <world>"},
      {"('hello world'):gsub('%w+', '%0 %0', 1)", "hello hello world"},
      {"('hello'):gsub('l', {l='L'})", "heLLo"},
      {"('hello'):gsub('[aeiou]', function(c) if c == 'e' then return c:upper() end end)", "hEllo"},
      {"('abc'):gsub('^a', 'x')", "xbc"},
      {"('a%b'):gsub('%%', '%%%%')", "a%%b"},
      {"select(2, ('banana'):gsub('a', 'o'))", "3"},
      {"#('x\\0y'):match('x%zy')", "3"},
  };
  for (const auto& [expression, result] : found)
    EXPECT_EQ(evaluate(fmt::format("({})", expression)), result) << expression;
  holds(
      "local words = {} for w in ('one two  three'):gmatch('%a+') do words[#words + 1] = w end "
      "assert(table.concat(words, '|') == 'one|two|three')");
  holds("local n = 0 for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do n = n + tonumber(v) end assert(n == 3)");
  holds("local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end assert(n == 4)");
}

TEST(LuaPattern, RefusesWrongPatterns) {
  const std::pair<const char*, const char*> wrong[] = {
      {"('a'):match('%')", "malformed pattern (ends with '%')"},
      {"('a'):match('[a')", "malformed pattern (missing ']')"},
      {"('a'):match('[a%')", "malformed pattern (missing ']')"},
      {"('a'):match('(a')", "unfinished capture"},
      {"('a'):match('a)')", "invalid pattern capture"},
      {"('a'):match('%1')", "invalid capture index"},
      {"('a'):match('%b')", "unbalanced pattern"},
      {"('a'):match('%fa')", "missing '[' after '%f' in pattern"},
      {"('a'):gsub('a', '%2')", "invalid capture index"},
      {"('a'):gsub('a', function() return {} end)", "invalid replacement value (a table)"},
      {"('a'):gsub('a')", "bad argument #2 to 'gsub' (string/function/table expected)"},
      {"('a'):match(('()'):rep(33))", "too many captures"},
      {"(('a'):rep(5000)):match(('a?'):rep(5000))", "pattern too complex"},
  };
  for (const auto& [expression, message] : wrong) EXPECT_EQ(evaluate(expression), message) << expression;
}

TEST(LuaTable, SortsInAnyOrder) {
  holds(
      "local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1009 end table.sort(t) "
      "for i = 2, #t do assert(t[i - 1] <= t[i]) end");
  holds("local t = {'b', 'c', 'a'} table.sort(t, function(x, y) return x > y end) assert(table.concat(t) == 'cba')");
  holds("local t = {5} table.sort(t) assert(t[1] == 5) table.sort({})");
  holds("local t = {} for i = 1, 100 do t[i] = i % 3 end table.sort(t) assert(t[1] == 0 and t[100] == 2)");
  EXPECT_THAT(evaluate("table.sort({1, 'x'})"), testing::StartsWith("attempt to compare "));
  EXPECT_EQ(evaluate("table.sort({1, 2}, 1)"), "bad argument #2 to 'sort' (function expected, got number)");
}

}  // namespace
}  // namespace millrace::store
