-- Files, pipes, coroutines and garbage, printed one by one.
local name = os.tmpname()
local f = io.open(name, 'w+')
f:write('hello\nworld\n')
f:seek('set')
for line in f:lines() do print(line) end
f:close()
os.remove(name)

local p = io.popen('echo from a pipe; exit 3')
print(p:read('a'), p:close())
print(os.execute('exit 2'))
print(os.rename('/missing', '/x'))

local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(co(), co(), co())

local t = {}
for i = 1, 200000 do t[i] = i % 7 end
table.sort(t)
print(#t, t[1], t[200000], pcall(error, 'x'))
