"""What must happen at once on Redis. kombu's keys and records, moved without a gap.

A script that fails half way is not rolled back: each first writes where a message goes, then takes it away.
`allow-oom` (Redis 7): a Redis that is full must still be emptied.
"""

#: Pops up to ARGV[1] messages, or ARGV[2] bytes, from the lists KEYS[3...] and records them in the hash
#: KEYS[1] and the index KEYS[2], by time, under tags that begin with ARGV[3] and end with the list's key. A
#: record has kombu's form [envelope, exchange, routing key]: with the default exchange and the queue's name
#: (ARGV[4...], as JSON, one a list) kombu too would restore it to exactly this queue. Returns tag, envelope,
#: tag, envelope... Tags of one set have one time: their numbers, of one width, keep its order in the index.
TAKE = """#!lua flags=allow-oom
local limit, limit_bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
local taken, count, bytes = {}, 0, 0
for list = 3, #KEYS do
    while count < limit and bytes < limit_bytes do
        local item = redis.call('LINDEX', KEYS[list], -1)
        if not item then break end
        count, bytes = count + 1, bytes + #item
        local tag = string.format('%s%06d:%s', ARGV[3], count, KEYS[list])
        redis.call('ZADD', KEYS[2], at, tag)
        redis.call('HSET', KEYS[1], tag, '[' .. item .. ',"",' .. ARGV[list + 1] .. ']')
        redis.call('RPOP', KEYS[list])
        taken[#taken + 1] = tag
        taken[#taken + 1] = item
    end
end
return taken
"""

#: Puts the envelope ARGV[2] back at the end of list KEYS[3] that is read next, unless its record ARGV[1] was
#: acknowledged or restored meanwhile.
RESTORE = """#!lua flags=allow-oom
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[3], ARGV[2])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
"""

#: Makes the records ARGV young again, where they still exist in the index KEYS[1].
TOUCH = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
for _, tag in ipairs(ARGV) do redis.call('ZADD', KEYS[1], 'XX', at, tag) end
"""
