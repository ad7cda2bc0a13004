# Threads, children, pipes, sockets, signals and timeouts, printed one by one.
%w[digest etc fileutils open3 socket tempfile timeout tmpdir].each { |lib| require lib }

q = Queue.new
4.times.map { |i| Thread.new { 100.times { |j| q << i * j } } }.each(&:join)
p q.size

r, w = IO.pipe
pid = fork { r.close; w.write 'from the child'; exit!(7) }
w.close
p r.read
Process.wait pid
p $?.exitstatus

p `echo back`
out, status = Open3.capture2('cat', stdin_data: 'x' * 100000)
p out.size, status.success?
Process.wait spawn('exit 3')
p $?.exitstatus

Tempfile.create('x') { |f| f.write 'abc'; f.flush; p File.size(f.path), f.flock(File::LOCK_EX) }
Dir.mktmpdir do |d|
  File.write("#{d}/a", '1')
  File.rename("#{d}/a", "#{d}/b")
  p Dir.children(d).sort
end

trap('USR1') { puts 'usr1' }
Process.kill('USR1', $$)
begin
  Timeout.timeout(0.1) { sleep 60 }
rescue Timeout::Error
  p :timeout
end
p IO.select([IO.pipe[0]], nil, nil, 0.05)

a, b = UNIXSocket.pair
a.write 'hi'
p b.recv(10)
server = TCPServer.new('127.0.0.1', 0)
t = Thread.new { c = server.accept; c.puts c.gets.upcase; c.close }
c = TCPSocket.new('127.0.0.1', server.addr[1])
c.puts 'tcp'
p c.gets
t.join

f = Fiber.new { Fiber.yield 1; 2 }
p f.resume, f.resume
100000.times { 'x' * 100 }
GC.start
p Digest::SHA256.hexdigest('a')[0, 8], Etc.getpwuid(0).name
