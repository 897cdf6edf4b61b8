#include "store/scripting/interpreter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "store/scripting/script_header.h"

namespace millrace::store {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Runs scripts against a few commands, most of which answer what they are named for.
class Scripting : public testing::Test {
 protected:
  explicit Scripting(std::chrono::milliseconds time_max = std::chrono::minutes(1))
      : interpreter({.memory_max = 32u << 20, .time_max = time_max}) {}

  Result<Reply> execute(Command command) {
    executed.push_back(command);
    if (command[0] == "ping") return command.size() > 1 ? Reply::bulk(command[1]) : Reply::simple("PONG");
    if (command[0] == "answer") return answer;
    if (command[0] == "wrong") return Error{ErrorCode::invalid, "WRONGTYPE not that"};
    if (command[0] == "missing") return Error{ErrorCode::unavailable, "the row is not in memory"};
    return Error{ErrorCode::invalid, "ERR Unknown Redis command called from script"};
  }

  Result<Reply> run(std::string_view body, std::vector<std::string> keys = {},
                    std::vector<std::string> arguments = {}) {
    auto script = interpreter.load(body);
    if (!script) return script.error();
    ScriptCall call = make_call(keys, arguments);
    return interpreter.run(**script, call);
  }

  ScriptCall make_call(std::span<const std::string> keys, std::span<const std::string> arguments) {
    return {.keys = keys,
            .arguments = arguments,
            .form = form,
            .execute = [this](Command command, int) { return execute(std::move(command)); },
            .permits = [](const Command& command) -> std::optional<bool> {
              if (command[0] == "unknown") return std::nullopt;
              return command[0] != "denied";
            },
            .log = [this](int level, std::string_view line) { logged.push_back(fmt::format("{} {}", level, line)); }};
  }

  // The reply, or the error's text in angle brackets.
  std::string text(std::string_view body, std::vector<std::string> arguments = {}) {
    auto reply = run(body, {}, std::move(arguments));
    return reply ? render(*reply) : "<" + reply.error().message + ">";
  }

  static std::string render(const Reply& reply) {
    switch (reply.kind) {
      case Reply::Kind::nil: return "nil";
      case Reply::Kind::integer: return fmt::format(":{}", reply.integer);
      case Reply::Kind::bulk: return reply.text;
      case Reply::Kind::simple: return "+" + reply.text;
      case Reply::Kind::error: return "-" + reply.text;
      case Reply::Kind::nil_array: return "nil array";
      case Reply::Kind::real: return fmt::format(",{}", reply.real);
      case Reply::Kind::boolean: return reply.integer != 0 ? "#t" : "#f";
      case Reply::Kind::verbatim: return "=" + reply.text;
      case Reply::Kind::big_number: return "(" + reply.text;
      case Reply::Kind::array: return "[" + render_all(reply) + "]";
      case Reply::Kind::map: return "%[" + render_all(reply) + "]";
      case Reply::Kind::set: return "~[" + render_all(reply) + "]";
      case Reply::Kind::push: return ">[" + render_all(reply) + "]";
    }
    return "?";
  }

  static std::string render_all(const Reply& reply) {
    std::string out;
    for (const Reply& each : reply.elements) out += (out.empty() ? "" : " ") + render(each);
    return out;
  }

  // Of a failing one-line script: what stands between "<" and " script: ".
  std::string failure(std::string_view body) {
    const std::string whole = text(body);
    if (!whole.starts_with("<")) return "no failure: " + whole;
    return whole.substr(1, whole.find(" script: ") - 1);
  }

  Interpreter interpreter;
  ErrorForm form = ErrorForm::redis;
  Reply answer{};
  std::vector<Command> executed{};
  std::vector<std::string> logged{};
};

TEST_F(Scripting, TurnsWhatAScriptReturnsIntoAReply) {
  EXPECT_EQ(text("return 'hello'"), "hello");
  EXPECT_EQ(text("return 100.5"), ":100");
  EXPECT_EQ(text("return -1.9"), ":-1");
  EXPECT_EQ(text("return 1e30"), ":-9223372036854775808");
  EXPECT_EQ(text("return 0/0"), ":-9223372036854775808");
  EXPECT_EQ(text("return true"), ":1");
  EXPECT_EQ(text("return false"), "nil");
  EXPECT_EQ(text("return"), "nil");
  EXPECT_EQ(text("return {1,2,3,'ciao',{1,2}}"), "[:1 :2 :3 ciao [:1 :2]]");
  EXPECT_EQ(text("return {1,2,nil,4}"), "[:1 :2]");
  EXPECT_EQ(text("return {}"), "[]");
  EXPECT_EQ(text("return {ok='fi\\nne'}"), "+fi ne");
  EXPECT_EQ(text("return {err='MY a\\nb'}"), "-MY a b");
  EXPECT_EQ(text("return {err=true, 1}"), "[:1]");
  EXPECT_EQ(text("return {double=3.5}"), ",3.5");
  EXPECT_EQ(text("return {big_number='12\\r\\n3'}"), "(12  3");
  EXPECT_EQ(text("return {map={a=1}}"), "%[a :1]");
  EXPECT_EQ(text("return {set={a=true}}"), "~[a]");
  EXPECT_EQ(text("return {verbatim_string={string='x', format='txt'}}"), "=x");
  EXPECT_EQ(text("return string.rep"), "nil");
  EXPECT_EQ(text("return _G"), "[]");
  EXPECT_EQ(text("local a = {} setmetatable(a, {__index = function() foo() end}) return a"), "[]");
}

TEST_F(Scripting, GivesBooleansOfTheThirdProtocolWhenAsked) {
  EXPECT_EQ(text("redis.setresp(3) return {true, false, {double=1}}"), "[#t #f ,1]");
  EXPECT_EQ(text("return true"), ":1");
}

TEST_F(Scripting, SetsKeysAndArguments) {
  EXPECT_EQ(render(run("return {KEYS[1], KEYS[2], ARGV[1], #ARGV}", {"k1", "k2"}, {"a"}).value()), "[k1 k2 a :1]");
  EXPECT_EQ(text("return {#KEYS, #ARGV}"), "[:0 :0]");
}

TEST_F(Scripting, TurnsRepliesIntoValues) {
  const auto with = [this](Reply reply, std::string_view body) {
    answer = std::move(reply);
    return text(body);
  };
  EXPECT_EQ(with(Reply::of(7), "local x = redis.call('answer') return {type(x), x}"), "[number :7]");
  EXPECT_EQ(with(Reply::bulk("b"), "local x = redis.call('answer') return {type(x), x}"), "[string b]");
  EXPECT_EQ(with(Reply::nil(), "return tostring(redis.call('answer'))"), "false");
  EXPECT_EQ(with(Reply::nil(), "redis.setresp(3) return tostring(redis.call('answer'))"), "nil");
  EXPECT_EQ(with(Reply::simple("OK"), "return redis.call('answer').ok"), "OK");
  EXPECT_EQ(with(Reply::array({Reply::bulk("a"), Reply::nil(), Reply::of(3)}),
                 "local x = redis.call('answer') return {x[1], tostring(x[2]), x[3], #x}"),
            "[a false :3 :3]");
  EXPECT_EQ(with(Reply::of_real(0.5), "return redis.call('answer')"), "0.5");
  EXPECT_EQ(with(Reply::of_real(3), "return redis.call('answer')"), "3");
  EXPECT_EQ(with(Reply::of_real(0.5), "redis.setresp(3) return redis.call('answer')"), ",0.5");
  EXPECT_EQ(with(Reply::map({Reply::bulk("f"), Reply::bulk("v")}), "return redis.call('answer')"), "[f v]");
  EXPECT_EQ(
      with(Reply::map({Reply::bulk("f"), Reply::bulk("v")}), "redis.setresp(3) return redis.call('answer').map.f"),
      "v");
  EXPECT_EQ(with(Reply::set({Reply::bulk("m")}), "redis.setresp(3) return tostring(redis.call('answer').set.m)"),
            "true");
  EXPECT_EQ(with(Reply::set({Reply::bulk("m")}), "return redis.call('answer')"), "[m]");
  EXPECT_EQ(with(Reply::of_boolean(true), "return redis.call('answer')"), ":1");
  EXPECT_EQ(with(Reply::of_boolean(false), "return redis.call('answer')"), ":0");
  EXPECT_EQ(with(Reply::of_boolean(false), "redis.setresp(3) return redis.call('answer')"), "#f");
  EXPECT_EQ(with(Reply::verbatim("v"), "redis.setresp(3) return redis.call('answer').verbatim_string.format"), "txt");
  EXPECT_EQ(with({.kind = Reply::Kind::big_number, .text = "123"}, "return redis.call('answer')"), "123");
}

TEST_F(Scripting, HandsCommandsNumbersAsText) {
  run("redis.call('ping', 1, 1.5, -0.1, 100000000, 9007199254740991, 1e21, '12039611435714932082', 2.5e-7)").value();

  EXPECT_EQ(executed.back(), (Command{"ping", "1", "1.5", "-0.1", "100000000", "9007199254740991", "1e+21",
                                      "12039611435714932082", "2.5e-7"}));
}

TEST_F(Scripting, RaisesTheErrorsOfCommandsFromCallAndReturnsThemFromPcall) {
  EXPECT_EQ(failure("redis.call('wrong')"), "WRONGTYPE not that");
  EXPECT_EQ(text("return redis.pcall('wrong').err"), "WRONGTYPE not that");
  EXPECT_EQ(text("return redis.pcall('wrong')"), "-WRONGTYPE not that");
  answer = Reply::error("ERR as a reply");
  EXPECT_EQ(failure("redis.call('answer')"), "ERR as a reply");
  EXPECT_EQ(text("local ok, e = pcall(redis.call, 'wrong') return {tostring(ok), type(e), e}"),
            "[false string WRONGTYPE not that]");
  EXPECT_EQ(text("redis.call('wrong')"),
            "<WRONGTYPE not that script: b356f9203567fae9a3b180b8dc0016ceb0cda9ec, on @user_script:1.>")
      << "the digest is that of the text";
}

TEST_F(Scripting, TellsErrorsAsRedisDoes) {
  EXPECT_EQ(failure("error('x')"), "ERR user_script:1: x");
  EXPECT_EQ(failure("error({err='x'})"), "x");
  EXPECT_EQ(failure("error({})"), "ERR unknown error");
  EXPECT_EQ(failure("error(nil)"), "ERR nil");
  EXPECT_EQ(failure("error('a\\nb')"), "ERR user_script:1: a b");
  EXPECT_EQ(failure("local t = {} t.x.y = 1"), "ERR user_script:1: attempt to index field 'x' (a nil value)");
  EXPECT_EQ(failure("local x = 1; x()"), "ERR user_script:1: attempt to call local 'x' (a number value)");
  EXPECT_EQ(failure("redis.call()"), "ERR Please specify at least one argument for this redis lib call");
  EXPECT_EQ(failure("redis.call({})"), "ERR Lua redis lib command arguments must be strings or integers");
  EXPECT_EQ(failure("redis.call('ping', nil)"), "ERR Lua redis lib command arguments must be strings or integers");
  EXPECT_EQ(failure("redis.setresp(4)"), "ERR RESP version must be 2 or 3.");
  EXPECT_EQ(failure("redis.setresp()"), "ERR redis.setresp() requires one argument.");
  EXPECT_EQ(failure("redis.log(1)"), "ERR redis.log() requires two arguments or more.");
  EXPECT_EQ(failure("redis.log(10, 'x')"), "ERR Invalid debug level.");
  EXPECT_EQ(failure("redis.set_repl(12345)"),
            "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  EXPECT_EQ(failure("redis.acl_check_cmd('unknown')"), "ERR Invalid command passed to redis.acl_check_cmd()");
  EXPECT_EQ(failure("redis.sha1hex()"), "ERR wrong number of arguments");
  EXPECT_EQ(failure("return coroutine.yield(1)"), "ERR attempt to yield across metamethod/C-call boundary");
  EXPECT_EQ(failure("string.rep()"), "ERR user_script:1: bad argument #1 to 'rep' (string expected, got no value)");
  EXPECT_EQ(failure("return math.random(5, 1)"), "ERR user_script:1: bad argument #2 to 'random' (interval is empty)");
  EXPECT_EQ(text("return 'x"),
            "<ERR Error compiling script (new function): user_script:1: unfinished string near '<eof>'>");
  EXPECT_EQ(text("\n\nreturn foo.bar"),
            "<ERR user_script:3: Script attempted to access nonexistent global variable 'foo' script: "
            "5f231d13321c6f019d9d7ead4617c395ef05bf16, on @user_script:3.>");
}

TEST_F(Scripting, TellsErrorsInTheFormOfRestWhenAsked) {
  form = ErrorForm::rest;

  EXPECT_EQ(text("local x = 1\nerror('x')"),
            "<ERR Error running script: @user_script:2: x\nstack traceback:\n\t[C]: in function 'error'\n\t"
            "@user_script:2: in main chunk\n\t[C]: ?>");
  EXPECT_THAT(text("return redis.call('wrong')"),
              StartsWith("<ERR Error running script: @user_script:1: WRONGTYPE not that\nstack traceback:\n\t"));
  EXPECT_THAT(text("return foo"), StartsWith("<ERR Error running script: @user_script:1: Script attempted to access"));
}

TEST_F(Scripting, OffersTheServersFunctions) {
  EXPECT_EQ(text("return redis.sha1hex('')"), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(text("return redis.sha1hex('Pizza & Mandolino')"), "74822d82031af7493c20eefa13bd07ec4fada82f");
  EXPECT_EQ(text("return redis.error_reply('x')"), "-ERR x");
  EXPECT_EQ(text("return redis.error_reply('-My Err')"), "-My Err");
  EXPECT_EQ(text("return redis.error_reply('')"), "-ERR ");
  EXPECT_EQ(text("return redis.error_reply(1)"), "-ERR wrong number or type of arguments");
  EXPECT_EQ(text("return redis.status_reply('fine')"), "+fine");
  EXPECT_EQ(text("return redis.replicate_commands()"), ":1");
  EXPECT_EQ(text("return redis.breakpoint()"), "nil");
  EXPECT_EQ(text("return redis.acl_check_cmd('ping')"), ":1");
  EXPECT_EQ(text("return redis.acl_check_cmd('denied')"), "nil");
  EXPECT_EQ(text("return redis.set_repl(redis.REPL_ALL)"), "nil");
  EXPECT_EQ(text("local v = redis.REDIS_VERSION_NUM return string.format('%d.%d.%d', bit.rshift(v, 16), "
                 "bit.band(bit.rshift(v, 8), 255), bit.band(v, 255)) == redis.REDIS_VERSION"),
            ":1");
  run("redis.log(redis.LOG_WARNING, 'a', 1, {}, 'b')").value();
  EXPECT_EQ(logged, std::vector<std::string>{"3 a 1 b"});
}

TEST_F(Scripting, KeepsGlobalsOut) {
  EXPECT_EQ(failure("return a"), "ERR user_script:1: Script attempted to access nonexistent global variable 'a'");
  EXPECT_EQ(failure("a = 10"), "ERR user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(failure("_G.a = 10"), "ERR user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(failure("_G = {}"), "ERR user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(failure("redis = 1"), "ERR user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(failure("rawset(_G, 'x', 1)"), "ERR Attempt to modify a readonly table");
  EXPECT_EQ(failure("setmetatable(_G, {})"), "ERR Attempt to modify a readonly table");
  EXPECT_EQ(failure("getmetatable(_G).__index = {}"), "ERR user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(failure("getmetatable('').__index = {}"), "ERR user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(failure("table.insert(_G, 1)"), "ERR Attempt to modify a readonly table");
  EXPECT_EQ(failure("function f() end"), "ERR user_script:1: Attempt to modify a readonly table");
  for (const char* name : {"redis.call", "cjson.encode", "cmsgpack.pack", "bit.lshift", "struct.pack", "string.rep",
                           "table.insert", "math.random", "coroutine.wrap", "os.clock"}) {
    EXPECT_EQ(failure(fmt::format("{} = 1", name)), "ERR user_script:1: Attempt to modify a readonly table") << name;
  }
  EXPECT_EQ(text("return #string.format('%.3f', os.clock()) > 4"), ":1");
}

TEST_F(Scripting, LeavesNothingOfOneScriptToTheNext) {
  run("setfenv(0, {}) setfenv(1, {}) return 1").value();
  EXPECT_EQ(text("return type(redis)"), "table");
  EXPECT_EQ(text("local kind = type(redis) setfenv(1, {}) return kind"), "table");
  EXPECT_EQ(text("local kind = type(redis) setfenv(1, {}) return kind"), "table") << "the same script again";
  run("cjson.encode_max_depth(1) cjson.encode_number_precision(3)").value();
  EXPECT_EQ(text("return cjson.encode({{{1/3}}})"), "[[[0.33333333333333]]]");
  run("local f = getfenv(string.rep) pcall(rawset, f, 'leak', 1)").value();
  EXPECT_THAT(failure("return leak"), HasSubstr("nonexistent"));
  run("return 1", {"k"}, {"secret"}).value();
  EXPECT_EQ(text("return #ARGV"), ":0");
  run("redis.setresp(3)").value();
  EXPECT_EQ(text("return true"), ":1");
}

TEST_F(Scripting, HasNoWayOut) {
  for (const char* name : {"loadfile", "dofile", "print", "io", "require", "module", "package", "debug", "newproxy"}) {
    EXPECT_EQ(failure(fmt::format("return {}", name)),
              fmt::format("ERR user_script:1: Script attempted to access nonexistent global variable '{}'", name));
  }
  EXPECT_EQ(text("local n = 0 for k in pairs(os) do n = n + 1 end return n"), ":1");
  EXPECT_EQ(failure("return loadstring(string.dump(function() return 1 end))()"),
            "ERR user_script:1: attempt to call a nil value");
  EXPECT_EQ(text("local first = true return load(function() if first then first = false return '\\27Lua' end end)"),
            "nil");
  EXPECT_EQ(text("return loadstring('return 1 + 1')()"), ":2");
  EXPECT_EQ(
      text("local parts = {'return ', '4', '2'} local i = 0 return load(function() i = i + 1 return parts[i] end)()"),
      ":42");
  EXPECT_EQ(failure("return loadstring('x y')()"), "ERR user_script:1: attempt to call a nil value");
}

TEST_F(Scripting, StillShowsWhatTheLibrariesHold) {
  EXPECT_EQ(text("local n = 0 for k, v in pairs(redis) do n = n + 1 end return n > 15"), ":1");
  EXPECT_EQ(text("return type(next(string))"), "string");
  EXPECT_EQ(text("return type(rawget(_G, 'pcall'))"), "function");
  EXPECT_EQ(text("local t = {3, 1, 2} table.sort(t) table.insert(t, 4) return t"), "[:1 :2 :3 :4]");
  EXPECT_EQ(text("return ('x'):rep(3)"), "xxx");
  EXPECT_EQ(text("return {unpack({1, 2, 3}, 2)}"), "[:2 :3]");
  EXPECT_EQ(failure("return unpack({}, 1, 9000)"), "ERR user_script:1: too many results to unpack");
  EXPECT_EQ(failure("return unpack({}, -2147483648, 2147483647)"), "ERR user_script:1: too many results to unpack");
  EXPECT_EQ(text("local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end) "
                 "return {co(1), co(5)}"),
            "[:2 :10]");
  EXPECT_EQ(text("return {pcall(error, {err='a'})}"), "[nil a]");
  EXPECT_EQ(text("return {xpcall(function() foo() end, function(e) return 1 end)}"), "[nil :1]");
  EXPECT_EQ(text("return select(2, xpcall(function() error('x', 0) end, function(e) return e .. '!' end))"), "x!");
  EXPECT_EQ(text("return select(2, pcall(coroutine.wrap(function() error('x') end)))"), "user_script:1: x");
}

TEST_F(Scripting, DrawsTheSameNumbersForOneSeed) {
  EXPECT_EQ(text("math.randomseed(10) return {tostring(math.random()), math.random(100), math.random(5, 10)}"),
            "[0.87885112309775 :80 :7]");
  EXPECT_NE(text("return tostring(math.random())"), text("return tostring(math.random())"));
}

// --- limits

class HastyScripting : public Scripting {
 protected:
  HastyScripting() : Scripting(std::chrono::milliseconds(200)) {}
};

TEST_F(HastyScripting, StopsAScriptThatRunsTooLong) {
  const char* stopped = "ERR Script stopped: it ran for more than 200 milliseconds";
  EXPECT_EQ(failure("while true do end"), stopped + std::string(">"));
  EXPECT_EQ(failure("local f = function() while 1 do redis.call('ping') end end while 1 do pcall(f) end"),
            stopped + std::string(">"));
  EXPECT_EQ(failure("while true do xpcall(function() while true do end end, function() while true do end end) end"),
            stopped + std::string(">"));
  EXPECT_EQ(failure("while true do coroutine.resume(coroutine.create(function() while true do end end)) end"),
            stopped + std::string(">"));
  EXPECT_EQ(failure("while true do coroutine.wrap(function() while true do end end)() end"),
            stopped + std::string(">"));
  EXPECT_EQ(failure("return ('a'):rep(60):match(('a?'):rep(60) .. ('a'):rep(60))"), stopped + std::string(">"));
  EXPECT_EQ(failure("local s = ('a'):rep(100000) return s:match('.-.-.-.-b')"), stopped + std::string(">"));
  EXPECT_EQ(failure("local s while true do s = ('x'):rep(2000000) end"), stopped + std::string(">"));
  EXPECT_EQ(failure("local t = {} for i = 1, 300000 do t[i] = 1 end while true do table.insert(t, 1, 1) end"),
            stopped + std::string(">"));
  EXPECT_EQ(text("return 1"), ":1") << "the next one has its own time";
}

TEST_F(Scripting, EndsAtOnceWhenACommandCannotAnswer) {
  for (const char* body :
       {"redis.call('missing') return 1", "redis.pcall('missing') return 1", "pcall(redis.call, 'missing') return 1",
        "xpcall(function() redis.call('missing') end, function() return 1 end) return 1",
        "coroutine.resume(coroutine.create(function() redis.call('missing') end)) return 1",
        "pcall(pcall, redis.pcall, 'missing') redis.call('ping') return 1"}) {
    executed.clear();
    auto reply = run(body);

    ASSERT_FALSE(reply) << body;
    EXPECT_EQ(reply.error(), (Error{ErrorCode::unavailable, "the row is not in memory"})) << body;
    EXPECT_EQ(executed.size(), 1u) << body;
  }
}

TEST_F(Scripting, SurvivesWhatWantsTooMuchMemory) {
  for (const char* body :
       {"local s = 'x' while true do s = s .. s end", "return string.rep('x', 2000000000)",
        "local t = {} for i = 1, 1e9 do t[i] = i end", "local t = {} while true do t = {t, {}, {}} end",
        "local s = string.rep('x', 1000000) local t = {} for i = 1, 100 do t[i] = s end return table.concat(t)",
        "local t = 'x' for i = 1, 27 do t = {t, t} end return t",
        "local t = 'x' for i = 1, 40 do t = {t, t} end return cjson.encode(t)",
        "local t = {} for i = 1, 2000 do t[i] = 'x' end local u = {} for i = 1, 2000 do u[i] = t end local v = {} "
        "for i = 1, 2000 do v[i] = u end return cmsgpack.pack(v)",
        "local s = string.rep('x', 8000000) redis.call('ping', s, s, s, s, s, s)",
        "local s = string.rep('x', 1000000) while true do redis.call('ping', s) end",
        "return load(function() return string.rep(' ', 1000000) end)"}) {
    auto reply = run(body);

    EXPECT_FALSE(reply) << body;
    EXPECT_EQ(text("return 1"), ":1") << body;
    EXPECT_LT(interpreter.memory(), 17u << 20) << body;
  }
}

TEST_F(Scripting, SurvivesDepth) {
  EXPECT_EQ(failure("local function r(n) return 1 + r(n + 1) end r(1)"), "ERR user_script:1: stack overflow");
  EXPECT_THAT(text("local a = {} local b = {a} a[1] = b return a"), HasSubstr("-ERR reached lua stack limit"));
  EXPECT_THAT(text("local function f(s) return (string.gsub(s, '.', f)) end return f('x')"), StartsWith("<ERR"));
  EXPECT_THAT(text("return loadstring(string.rep('(', 100000))()"), StartsWith("<ERR"));
  EXPECT_THAT(text("local t = {} setmetatable(t, {__index = function(t, k) return t[k .. 'x'] end}) return t.x"),
              StartsWith("<ERR"));
  EXPECT_THAT(text("local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)"),
              HasSubstr("Cannot serialise, excessive nesting (1001)"));
  EXPECT_THAT(
      text("cjson.encode_max_depth(1000000) local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)"),
      HasSubstr("excessive nesting"));
  EXPECT_THAT(text("cjson.decode_max_depth(1000000) return cjson.decode(string.rep('[', 100000))"),
              HasSubstr("Found too many nested data structures"));
  EXPECT_THAT(text("return cmsgpack.unpack(string.rep('\\145', 100000))"), StartsWith("<ERR"));
  EXPECT_THAT(text("local co = coroutine.wrap(function(f, n) return coroutine.wrap(f)(f, n) end) "
                   "local function f(f, n) return coroutine.wrap(f)(f, n + 1) end return f(f, 1)"),
              StartsWith("<ERR"));
}

TEST_F(Scripting, RefusesToRunInsideARun) {
  const Script outer = *interpreter.load("return redis.call('nested')").value();
  ScriptCall call{.execute = [&](Command, int) {
    ScriptCall inner{};
    return interpreter.run(outer, inner);
  }};

  EXPECT_THAT(interpreter.run(outer, call).error().message, StartsWith("ERR a script cannot run inside another one"));
}

// --- the cache

TEST_F(Scripting, KeepsScriptsUnderTheirDigests) {
  EXPECT_EQ(interpreter.load("return 'loaded'").value()->digest, "b534286061d4b9e4026607613b95c06c06015ae8");
  EXPECT_NE(interpreter.find("B534286061D4B9E4026607613B95C06C06015AE8"), nullptr);
  EXPECT_EQ(interpreter.find("b534286061d4b9e4026607613b95c06c06015ae9"), nullptr);
  EXPECT_EQ(interpreter.find(""), nullptr);

  interpreter.forget_scripts();
  EXPECT_EQ(interpreter.find("b534286061d4b9e4026607613b95c06c06015ae8"), nullptr);
  EXPECT_EQ(interpreter.script_count(), 0u);
}

TEST(ScriptCache, ForgetsWhatWasNotUsedForLongestBeyondItsLimit) {
  Interpreter interpreter({.cached_bytes_max = 250});
  const auto body = [](int number) { return fmt::format("return '{:090}'", number); };
  const std::string first = interpreter.load(body(1)).value()->digest;
  const std::string second = interpreter.load(body(2)).value()->digest;
  interpreter.find(first);
  const std::string third = interpreter.load(body(3)).value()->digest;

  EXPECT_NE(interpreter.find(first), nullptr);
  EXPECT_EQ(interpreter.find(second), nullptr);
  EXPECT_NE(interpreter.find(third), nullptr);
}

TEST(ScriptCache, DoesNotGrowWithRuns) {
  Interpreter interpreter;
  const std::vector<std::string> keys{"k"};
  ScriptCall call{.keys = keys, .execute = [](Command, int) -> Result<Reply> { return Reply::of(1); }};
  const Script script = *interpreter.load("return redis.call('incr', KEYS[1])").value();
  for (int i = 0; i < 2000; ++i) interpreter.run(script, call).value();
  const std::size_t before = interpreter.memory();
  for (int i = 0; i < 20000; ++i) interpreter.run(script, call).value();

  EXPECT_LT(interpreter.memory(), before + 100'000);
}

// --- functions

class Functions : public Scripting {
 protected:
  std::string load(std::string_view code) {
    auto loaded = interpreter.load_library(code);
    if (!loaded) return "<" + loaded.error().message + ">";
    library = std::move(*loaded);
    return library->name();
  }

  std::string load_body(std::string_view body) { return load("#!lua name=lib\n" + std::string(body)); }

  std::string fcall(std::size_t which, std::vector<std::string> keys = {}, std::vector<std::string> arguments = {}) {
    ScriptCall call = make_call(keys, arguments);
    auto reply = interpreter.run(library->functions()[which], call);
    return reply ? render(*reply) : "<" + reply.error().message + ">";
  }

  std::unique_ptr<Library> library{};
};

TEST_F(Functions, RunWithKeysAndArgumentsOfTheirOwn) {
  ASSERT_EQ(load_body("local function add1(a) return a + 1 end\n"
                      "redis.register_function('f1', function(keys, args) return {keys[1], args[1], add1(1)} end)\n"
                      "redis.register_function{function_name='f2', callback=function() return math.max(1, 2) end, "
                      "description='some', flags={'no-writes', 'allow-key-locking'}}"),
            "lib");

  ASSERT_EQ(library->functions().size(), 2u);
  EXPECT_EQ(library->functions()[0].name, "f1");
  EXPECT_EQ(library->functions()[0].description, std::nullopt);
  EXPECT_EQ(library->functions()[1].description, "some");
  EXPECT_EQ(library->functions()[1].flags, no_writes | allow_key_locking);
  EXPECT_EQ(fcall(0, {"k"}, {"a"}), "[k a :2]");
  EXPECT_EQ(fcall(1), ":2");
}

TEST_F(Functions, FailAsScriptsDo) {
  load_body(
      "redis.register_function('f1', function() return redis.call('wrong') end)\n"
      "redis.register_function('f2', function() x = 1 end)\n"
      "redis.register_function('f3', function() return KEYS[1] end)");

  EXPECT_EQ(fcall(0), "<WRONGTYPE not that script: f1, on @user_function:2.>");
  EXPECT_EQ(fcall(1), "<ERR user_function:3: Attempt to modify a readonly table script: f2, on @user_function:3.>");
  EXPECT_THAT(fcall(2), HasSubstr("nonexistent global variable 'KEYS'"));
}

TEST_F(Functions, SeeNothingButTheirRegistrationWhileTheyLoad) {
  const std::string prefix = "<ERR Error registering functions: ";
  for (const char* name : {"math", "pcall", "getmetatable", "string"}) {
    EXPECT_EQ(load_body(fmt::format("return {}.x()", name)),
              fmt::format("{}ERR user_function:2: Script attempted to access nonexistent global variable '{}'>", prefix,
                          name));
  }
  for (const char* name : {"call", "setresp", "set_repl", "acl_check_cmd", "redis", "math"}) {
    EXPECT_THAT(load_body(fmt::format("return redis.{}('x')", name)),
                HasSubstr(fmt::format("nonexistent global variable '{}'", name)));
  }
  EXPECT_THAT(load_body("a = 1"), HasSubstr("Attempt to modify a readonly table"));
  EXPECT_THAT(load_body("while true do end"), HasSubstr("FUNCTION LOAD timeout"));
  EXPECT_THAT(load_body("x y"), StartsWith("<ERR Error compiling function: user_function:2: "));
  EXPECT_EQ(load_body("return 1"), "<ERR No functions registered>");
  EXPECT_EQ(text("return type(math)"), "table") << "scripts see everything again";
}

TEST_F(Functions, CannotRegisterOthersWhileTheyRun) {
  load_body(
      "local lib = redis\n"
      "lib.register_function('f1', function() lib.redis = redis end)\n"
      "lib.register_function('f2', function() lib.register_function('f3', function() end) end)\n"
      "lib.register_function('f4', function() redis.register_function('f3', function() end) end)");

  EXPECT_THAT(fcall(0), HasSubstr("Attempt to modify a readonly table"));
  EXPECT_THAT(fcall(1), HasSubstr("can only be called on FUNCTION LOAD command"));
  EXPECT_THAT(fcall(2), HasSubstr("attempt to call field 'register_function' (a nil value)"));
}

TEST_F(Functions, RefuseWrongRegistrations) {
  const std::pair<const char*, const char*> wrong[] = {
      {"()", "wrong number of arguments to redis.register_function"},
      {"('f1')", "calling redis.register_function with a single argument is only applicable to Lua table"},
      {"('f1', function() end, {})", "wrong number of arguments to redis.register_function"},
      {"(nil, function() end)", "first argument to redis.register_function must be a string"},
      {"('f2', 'x')", "second argument to redis.register_function must be a function"},
      {"('test\\0test', function() end)", "Library names can only contain letters, numbers, or underscores(_)"},
      {"('', function() end)", "must be at least one character long"},
      {"{function_name=redis.log, callback=redis.log}",
       "function_name argument given to redis.register_function must be"},
      {"{function_name='f1', callback='bad'}", "callback argument given to redis.register_function must be a function"},
      {"{function_name='f1', callback=redis.log, description=redis.log}", "description argument given to"},
      {"{function_name='f1', callback=redis.log, some='x'}", "unknown argument given to redis.register_function"},
      {"{callback=redis.log}", "redis.register_function must get a function name argument"},
      {"{function_name='f1'}", "redis.register_function must get a callback argument"},
      {"{function_name='f1', callback=redis.log, flags='x'}",
       "flags argument to redis.register_function must be a table"},
      {"{function_name='f1', callback=redis.log, flags={redis.log}}", "unknown flag given"},
      {"{function_name='f1', callback=redis.log, flags={'unknown'}}", "unknown flag given"},
      {"{[redis.log]='f1', callback=redis.log}", "named argument key given to redis.register_function is not a string"},
  };
  for (const auto& [arguments, message] : wrong) {
    EXPECT_THAT(load_body(fmt::format("redis.register_function{}", arguments)), HasSubstr(message)) << arguments;
  }
  EXPECT_THAT(load_body("redis.register_function('f', function() end) redis.register_function('f', function() end)"),
              HasSubstr("Function already exists in the library"));
}

TEST_F(Functions, KeepTheirUpvaluesAsLongAsTheirLibrary) {
  load_body("local n = 0 redis.register_function('f', function() n = n + 1 return n end)");
  EXPECT_EQ(fcall(0), ":1");
  EXPECT_EQ(fcall(0), ":2");

  load_body("local n = 0 redis.register_function('f', function() n = n + 1 return n end)");
  EXPECT_EQ(fcall(0), ":1");
}

}  // namespace
}  // namespace millrace::store
