"""The Redis journal's scripts. Each runs alone on the server: nobody sees half of it, and the append-only
file takes its writes as one transaction.

Keys under the prefix: `meta` (epoch, shards) · `head:<conversation>` (hash: head, act, human, pos, state) ·
`known:<conversation>` (hash: client_msg_id → "seq:created_at:id") · `body:<conversation>` (stream, ids
`<seq>-0`) · `log:<shard>` (stream, ids `<position>-0`: conversation, seq, created_at) · `last` (hash: shard →
last position) · `touched:<shard>` (sorted set: conversation by time of its last entry) · `reader:<name>`
(hash: shard → position) · `lease:<name>:<shard>`.

Nothing is rolled back when a command in a script fails, so WRITE decides and checks everything before it
writes. A server out of memory refuses a script's first write, and then there was none.
"""

from __future__ import annotations

from typing import Final

# ARGV: prefix, now, leave a mark for WAIT ("1"), msgpack [[conversation, shard, mark, expected seq, human,
# state, which draft bears the client_msg_id (from 1, 0 none), client_msg_id, [id, before seq, before
# created_at, …]], …]. Returns msgpack outcomes and the strings they refer to by number: {0, first seq}
# stored, {1, seq, created_at, id, body} repeated, {2, head, act, human, state} refused, {3} cold.
WRITE: Final = """
local p, now, batch = ARGV[1], ARGV[2], cmsgpack.unpack(ARGV[4])
local hot, seen, last, outcomes, texts = {}, {}, {}, {}, {}
local commands = {}
local function text(value) texts[#texts + 1] = value; return #texts end
local function todo(...) commands[#commands + 1] = {...} end

for i, append in ipairs(batch) do
  local conversation, shard, mark, expected, human, state, bearer, key, drafts = unpack(append)
  local at = hot[conversation]
  if at == nil then
    local row = redis.call('HMGET', p .. 'head:' .. conversation, 'head', 'act', 'human')
    at = false
    if row[1] then
      at = {head = tonumber(row[1]), act = tonumber(row[2]), human = tonumber(row[3]), shard = shard}
      local newest = redis.call('XREVRANGE', p .. 'body:' .. conversation, '+', '-', 'COUNT', 1)[1]
      if newest and tonumber(string.match(newest[1], '^%d+')) > at.head then
        return redis.error_reply('DAMAGED ' .. conversation .. ' holds entries beyond its head')
      end
    end
    hot[conversation] = at
  end
  local repeated
  if at and bearer > 0 then
    repeated = seen[conversation .. key]
    if not repeated then
      local known = redis.call('HGET', p .. 'known:' .. conversation, key)
      if known then
        local seq, created, id = string.match(known, '^(%d+):(%d+):(.*)$')
        local found = redis.call('XRANGE', p .. 'body:' .. conversation, seq, seq)[1]
        repeated = {tonumber(seq), tonumber(created), id, found and found[2][2]}
      end
    end
  end
  if not at then
    outcomes[i] = {3}
  elseif repeated then
    local seq, created, id, body = unpack(repeated, 1, 4)
    outcomes[i] = {1, seq, created, id, body and text(body) or 0}
  elseif (mark == 1 and at.act ~= expected) or (mark == 2 and at.human ~= expected) then
    local snapshot = at.state or redis.call('HGET', p .. 'head:' .. conversation, 'state')
    outcomes[i] = {2, at.head, at.act, at.human, text(snapshot)}
  else
    if last[shard] == nil then
      local counted = tonumber(redis.call('HGET', p .. 'last', shard) or 0)
      local newest = redis.call('XREVRANGE', p .. 'log:' .. shard, '+', '-', 'COUNT', 1)[1]
      last[shard] = math.max(counted, newest and tonumber(string.match(newest[1], '^%d+')) or 0)
    end
    outcomes[i] = {0, at.head + 1}
    for j = 1, #drafts, 3 do
      at.head = at.head + 1
      last[shard] = last[shard] + 1
      local seq = string.format('%.0f', at.head)
      local body = drafts[j + 1] .. seq .. drafts[j + 2] .. now .. '}'
      todo('XADD', p .. 'body:' .. conversation, seq .. '-0', 'b', body)
      todo('XADD', p .. 'log:' .. shard, string.format('%.0f-0', last[shard]),
           'c', conversation, 's', seq, 't', now)
      if (j + 2) / 3 == bearer then
        todo('HSET', p .. 'known:' .. conversation, key, seq .. ':' .. now .. ':' .. drafts[j])
        seen[conversation .. key] = {at.head, tonumber(now), drafts[j], body}
      end
    end
    at.pos = last[shard]
    if state ~= '' then at.act, at.state = at.head, state end
    if human then at.human = at.head end
  end
end

for _, command in ipairs(commands) do redis.call(unpack(command)) end
for conversation, at in pairs(hot) do
  if at and at.pos then
    redis.call('HSET', p .. 'head:' .. conversation, 'head', at.head, 'act', at.act, 'human', at.human,
               'pos', at.pos)
    if at.state then redis.call('HSET', p .. 'head:' .. conversation, 'state', at.state) end
    redis.call('ZADD', p .. 'touched:' .. at.shard, now, conversation)
  end
end
for shard, position in pairs(last) do redis.call('HSET', p .. 'last', shard, position) end
if ARGV[3] == '1' then redis.call('HSET', p .. 'meta', 'marked', now) end
return {cmsgpack.pack(outcomes), unpack(texts)}
"""

# ARGV: prefix, now, msgpack [[conversation, shard, head, act, human, state, [client_msg_id, value, …]], …].
WARM: Final = """
local p, now = ARGV[1], ARGV[2]
for _, warmth in ipairs(cmsgpack.unpack(ARGV[3])) do
  local conversation, shard, head, act, human, state, known = unpack(warmth)
  if redis.call('EXISTS', p .. 'head:' .. conversation) == 0 then
    redis.call('DEL', p .. 'body:' .. conversation, p .. 'known:' .. conversation)
    for i = 1, #known, 2 do redis.call('HSET', p .. 'known:' .. conversation, known[i], known[i + 1]) end
    redis.call('HSET', p .. 'head:' .. conversation, 'head', head, 'act', act, 'human', human,
               'pos', 0, 'state', state)
    redis.call('ZADD', p .. 'touched:' .. shard, now, conversation)
  end
end
return 0
"""

# ARGV: prefix, conversations … Returns {conversation, head, act, human, state} of the hot ones.
HEADS: Final = """
local found = {}
for i = 2, #ARGV do
  local row = redis.call('HMGET', ARGV[1] .. 'head:' .. ARGV[i], 'head', 'act', 'human', 'state')
  if row[1] then found[#found + 1] = {ARGV[i], row[1], row[2], row[3], row[4]} end
end
return found
"""

# ARGV: prefix, reader, shard, limit. Returns {position, conversation, seq, body, …}. Entries whose body went
# with a forgotten conversation are passed over.
READ_BATCH: Final = """
local p, shard, limit = ARGV[1], ARGV[3], tonumber(ARGV[4])
local after = redis.call('HGET', p .. 'reader:' .. ARGV[2], shard) or '0'
local found = {}
repeat
  local items = redis.call('XRANGE', p .. 'log:' .. shard, '(' .. after .. '-0', '+', 'COUNT', limit)
  for _, item in ipairs(items) do
    after = string.match(item[1], '^%d+')
    local conversation, seq = item[2][2], item[2][4]
    local body = redis.call('XRANGE', p .. 'body:' .. conversation, seq, seq)[1]
    if body then
      found[#found + 1] = after
      found[#found + 1] = conversation
      found[#found + 1] = seq
      found[#found + 1] = body[2][2]
    end
  end
until #found > 0 or #items == 0
return found
"""

# ARGV: prefix, reader, shard, position.
ADVANCE: Final = """
local key = ARGV[1] .. 'reader:' .. ARGV[2]
local at = tonumber(redis.call('HGET', key, ARGV[3]) or 0)
if tonumber(ARGV[4]) > at then redis.call('HSET', key, ARGV[3], ARGV[4]) end
return 0
"""

# ARGV: prefix, reader, shards. Returns {entries, oldest created_at or ''} over all shards.
DEPTH: Final = """
local p, entries, oldest = ARGV[1], 0, ''
for shard = 0, tonumber(ARGV[3]) - 1 do
  local at = redis.call('HGET', p .. 'reader:' .. ARGV[2], shard) or '0'
  local first = redis.call('XRANGE', p .. 'log:' .. shard, '(' .. at .. '-0', '+', 'COUNT', 1)[1]
  if first then
    local last = tonumber(redis.call('HGET', p .. 'last', shard))
    entries = entries + last - tonumber(string.match(first[1], '^%d+')) + 1
    local created = first[2][6]
    if oldest == '' or tonumber(created) < tonumber(oldest) then oldest = created end
  end
end
return {entries, oldest}
"""

# ARGV: prefix, shard, passed, now, keep, limit. Drops at most `limit` bodies with their places in the log.
TRIM: Final = """
local p, log = ARGV[1], ARGV[1] .. 'log:' .. ARGV[2]
local now, keep = tonumber(ARGV[4]), tonumber(ARGV[5])
local last, upto, dropped = nil, {}, 0
for _, item in ipairs(redis.call('XRANGE', log, '-', ARGV[3] .. '-0', 'COUNT', ARGV[6])) do
  local created = tonumber(item[2][6])
  if created >= now - keep and created <= now + keep then break end
  last = tonumber(string.match(item[1], '^%d+'))
  upto[item[2][2]] = tonumber(item[2][4])
  dropped = dropped + 1
end
for conversation, seq in pairs(upto) do
  redis.call('XTRIM', p .. 'body:' .. conversation, 'MINID', '=', string.format('%.0f-0', seq + 1))
end
if last then redis.call('XTRIM', log, 'MINID', '=', string.format('%.0f-0', last + 1)) end
return dropped
"""

# ARGV: prefix, shard, passed, range of touched (2), skip, limit. Returns {looked at, forgotten, bodies
# dropped}.
FORGET: Final = """
local p, passed, touched = ARGV[1], tonumber(ARGV[3]), ARGV[1] .. 'touched:' .. ARGV[2]
local forgotten, dropped = 0, 0
local names = redis.call('ZRANGEBYSCORE', touched, ARGV[4], ARGV[5], 'LIMIT', ARGV[6], ARGV[7])
for _, conversation in ipairs(names) do
  if tonumber(redis.call('HGET', p .. 'head:' .. conversation, 'pos') or 0) <= passed then
    dropped = dropped + redis.call('XLEN', p .. 'body:' .. conversation)
    redis.call('DEL', p .. 'head:' .. conversation, p .. 'known:' .. conversation, p .. 'body:' ..
    conversation) redis.call('ZREM', touched, conversation) forgotten = forgotten + 1
  end
end
return {#names, forgotten, dropped}
"""

# ARGV: lease key, owner, ttl in ms.
CLAIM: Final = """
local owner = redis.call('GET', ARGV[1])
if owner and owner ~= ARGV[2] then return 0 end
redis.call('SET', ARGV[1], ARGV[2], 'PX', ARGV[3])
return 1
"""

# ARGV: lease key, owner.
RELEASE: Final = """
if redis.call('GET', ARGV[1]) == ARGV[2] then redis.call('DEL', ARGV[1]) end
return 0
"""
