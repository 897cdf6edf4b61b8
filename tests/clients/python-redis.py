"""What a Python application does with the store, by Debian's python3-redis.

Arguments: port, password. Prints a line for each claim, "ok ..." or "not ok ...", and then "done".
"""

import sys
import threading
import time
import traceback

import redis

port, password = int(sys.argv[1]), sys.argv[2]


def connect(**options):
    return redis.Redis(port=port, password=password, decode_responses=True, **options)


client = connect()


def eventually(check):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        value = check()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError("waited too long")


def raises(kind, text, call):
    try:
        call()
    except kind as error:
        assert text in str(error), str(error)
        return
    raise AssertionError("nothing was raised")


def values():
    client.flushdb()
    assert client.set("text", "größer 你好", ex=60, nx=True) is True
    assert client.get("text") == "größer 你好"
    assert client.set("text", "x", nx=True) is None
    assert 0 < client.ttl("text") <= 60
    assert client.mset({"a": 1, "b": 2.5}) and client.mget("a", "b", "none") == ["1", "2.5", None]
    assert client.hset("hash", mapping={"name": "ana", "age": 30}) == 2
    assert client.hgetall("hash") == {"name": "ana", "age": "30"}
    assert client.rpush("list", *range(10)) == 10
    assert client.lrange("list", -3, -1) == ["7", "8", "9"]
    assert client.lpos("list", "5") == 5
    assert client.sadd("set", "x", "y") == 2 and client.smembers("set") == {"x", "y"}
    assert client.zadd("board", {"one": 1, "two": 2.5, "top": float("inf")}) == 3
    assert client.zrange("board", 0, -1, withscores=True) == [("one", 1.0), ("two", 2.5), ("top", float("inf"))]
    assert client.zpopmax("board") == [("top", float("inf"))]
    assert client.geoadd("places", [13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"]) == 2
    assert client.geodist("places", "Palermo", "Catania", unit="km") == 166.2742
    assert client.pfadd("visitors", *range(50)) == 1 and 45 < client.pfcount("visitors") < 55
    assert client.bitfield("bits").set("u8", 0, 255).incrby("u8", 0, 1).execute() == [0, 0]
    assert client.incrbyfloat("b", 0.5) == 3.0
    assert client.object("refcount", "a") == 1


def bytes_stay():
    raw = redis.Redis(port=port, password=password)
    everything = bytes(range(256))
    raw.set(everything, everything)
    assert raw.get(everything) == everything
    payload = raw.dump("hash")
    raw.restore("restored", 0, payload)
    assert raw.hgetall("restored") == {b"name": b"ana", b"age": b"30"}
    raw.delete(everything)


def pipelines():
    with client.pipeline(transaction=False) as pipe:
        for number in range(5000):
            pipe.set(f"many:{number}", number)
        for number in range(5000):
            pipe.get(f"many:{number}")
        answers = pipe.execute()
    assert answers[:5000] == [True] * 5000
    assert answers[5000:] == [str(number) for number in range(5000)]
    answers = client.pipeline().set("word", "abc").incr("word").get("word").execute(raise_on_error=False)
    assert answers[0] is True and isinstance(answers[1], redis.ResponseError) and answers[2] == "abc"


def transfers():
    client.mset({"from": 1000, "to": 0})

    def move(pipe):
        here = int(pipe.get("from"))
        pipe.multi()
        pipe.set("from", here - 1)
        pipe.incr("to")

    def worker():
        mine = connect()
        for _ in range(25):
            mine.transaction(move, "from")

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.mget("from", "to") == ["900", "100"]
    with client.pipeline() as pipe:
        pipe.watch("from")
        client.incr("from")
        pipe.multi()
        pipe.set("from", 0)
        raises(redis.WatchError, "", pipe.execute)
    assert client.get("from") == "901"


def publishing():
    listener = client.pubsub()
    listener.subscribe("news")
    listener.psubscribe("n?ws")
    kinds = [eventually(listener.get_message)["type"] for _ in range(2)]
    assert kinds == ["subscribe", "psubscribe"], kinds
    assert client.publish("news", "hi") == 2
    heard = sorted((eventually(listener.get_message) for _ in range(2)), key=lambda message: message["type"])
    assert [(m["type"], m["channel"], m["data"]) for m in heard] == [("message", "news", "hi"), ("pmessage", "news", "hi")]
    assert client.pubsub_numsub("news") == [("news", 1)]
    got = []
    other = client.pubsub(ignore_subscribe_messages=True)
    other.subscribe(sport=lambda message: got.append(message["data"]))
    runner = other.run_in_thread(sleep_time=0.01)
    eventually(lambda: client.publish("sport", "goal"))
    eventually(lambda: got)
    runner.stop()
    runner.join()
    listener.close()


def streams():
    ids = [client.xadd("orders", {"number": number}) for number in range(10)]
    assert client.xrange("orders", count=1) == [(ids[0], {"number": "0"})]
    client.xgroup_create("orders", "mail", id="0")
    (_, entries), = client.xreadgroup("mail", "a", {"orders": ">"}, count=4)
    assert [entry for entry, _ in entries] == ids[:4]
    assert client.xack("orders", "mail", ids[0]) == 1
    assert client.xpending("orders", "mail")["pending"] == 3
    assert [p["message_id"] for p in client.xpending_range("orders", "mail", "-", "+", 10)] == ids[1:4]
    claimed = client.xclaim("orders", "mail", "b", 0, [ids[1]])
    assert claimed == [(ids[1], {"number": "1"})]
    info = client.xinfo_stream("orders")
    assert info["length"] == 10 and info["first-entry"] == (ids[0], {"number": "0"})
    assert client.xinfo_groups("orders")[0]["consumers"] == 2
    assert client.xtrim("orders", maxlen=3, approximate=False) == 7
    got = []
    waiting = threading.Thread(target=lambda: got.extend(connect().xread({"feed": "$"}, block=20_000)))
    waiting.start()
    eventually(lambda: any(c["cmd"] == "xread" for c in client.client_list()))
    added = client.xadd("feed", {"a": "b"})
    waiting.join()
    assert got == [["feed", [(added, {"a": "b"})]]]


def blocking():
    got = []
    waiting = threading.Thread(target=lambda: got.append(connect().blpop(["jobs", "others"], timeout=20)))
    waiting.start()
    eventually(lambda: any(c["cmd"] == "blpop" for c in client.client_list()))
    client.rpush("others", "x")
    waiting.join()
    assert got == [("others", "x")]
    assert client.brpop("nothing", timeout=0.05) is None


def iterators():
    client.flushdb()
    names = {f"scanned:{number}" for number in range(700)}
    client.mset({name: 1 for name in names})
    client.hset("hash", mapping={name: "v" for name in names})
    client.zadd("board", {name: 1 for name in names})
    client.sadd("set", *names)
    assert set(client.scan_iter("scanned:*", count=50)) == names
    assert list(client.scan_iter(_type="hash")) == ["hash"]
    assert dict(client.hscan_iter("hash")).keys() == names
    assert {member for member, _ in client.zscan_iter("board")} == names
    assert set(client.sscan_iter("set", match="*1")) == {name for name in names if name.endswith("1")}


def locks():
    inside, most, count = [0], [0], [0]

    def worker():
        mine = connect()
        for _ in range(5):
            with mine.lock("door", timeout=20, sleep=0.002):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                count[0] += 1
                inside[0] -= 1

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], count[0]) == (1, 20)
    held = client.lock("door", timeout=20)
    assert held.acquire(blocking=False) and not client.lock("door").acquire(blocking=False)
    assert held.extend(5) and held.owned()
    held.release()
    raises(redis.exceptions.LockError, "", held.release)


def scripts():
    add = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert add(keys=["sum"], args=[4]) == 4
    client.script_flush()
    assert add(keys=["sum"], args=[1]) == 5
    with client.pipeline() as pipe:
        add(keys=["sum"], args=[1], client=pipe)
        pipe.get("sum")
        assert pipe.execute() == [6, "6"]
    raises(redis.ResponseError, "value is not an integer", lambda: client.eval("return redis.call('INCRBY', KEYS[1], 'x')", 1, "sum"))
    raises(redis.exceptions.NoScriptError, "No matching script", lambda: client.evalsha("0" * 40, 0))


def documents():
    assert client.json().set("doc", "$", {"a": [1, 2], "b": {"c": "x"}}) is True
    assert client.json().get("doc") == {"a": [1, 2], "b": {"c": "x"}}
    assert client.json().get("doc", "$..c") == ["x"]
    assert client.json().arrappend("doc", "$.a", 3) == [3]
    assert client.json().numincrby("doc", "$.a[0]", 5) == [6]
    assert client.json().delete("doc", "$.b") == 1
    assert client.json().mget(["doc", "none"], "$.a") == [[[6, 2, 3]], None]


def errors():
    client.set("word", "abc")
    raises(redis.ResponseError, "WRONGTYPE Operation against a key holding the wrong kind of value", lambda: client.lpush("word", 1))
    raises(redis.ResponseError, "value is not an integer or out of range", lambda: client.incr("word"))
    raises(redis.ResponseError, "unknown command 'NOPE'", lambda: client.execute_command("NOPE"))
    stranger = redis.Redis(port=port, password="wrong")
    raises(redis.ResponseError, "invalid username-password pair", lambda: stranger.get("word"))


def server():
    assert client.info()["redis_version"]
    assert client.acl_whoami() == "default"
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.command_count() > 200
    assert "get" in client.command()
    assert client.client_setname("python") and client.client_getname() == "python"
    assert client.dbsize() == len(client.keys())
    assert abs(client.time()[0] - time.time()) < 60


claims = {
    "values of all types": values,
    "bytes stay what they are, also through a dump": bytes_stay,
    "a pipeline of ten thousand, and one with an error": pipelines,
    "transactions with watched keys lose no money": transfers,
    "channels and patterns": publishing,
    "streams and groups": streams,
    "blocked pops": blocking,
    "iterators visit all": iterators,
    "a lock is held by one": locks,
    "registered scripts": scripts,
    "documents": documents,
    "errors are told with the words of Redis": errors,
    "what the server says of itself": server,
}
for text, check in claims.items():
    try:
        check()
        print("ok", text)
    except Exception:
        print("not ok", text)
        print(traceback.format_exc())
print("done")
