# nginx with two workers: files, compression, a range, a proxy, a reload, wrk.
d=$(mktemp -d)
cd $d
chmod 755 .
mkdir www
echo hello > www/index.html
head -c 300000 /dev/zero > www/big
cat > conf <<X
worker_processes 2; daemon off; pid $d/pid; error_log $d/errors info; user root;
events { worker_connections 512; }
http {
	access_log $d/access; client_body_temp_path $d/t1; proxy_temp_path $d/t2;
	fastcgi_temp_path $d/t3; uwsgi_temp_path $d/t4; scgi_temp_path $d/t5;
	sendfile on; tcp_nopush on; gzip on; gzip_types *; gzip_min_length 1;
	server {
		listen 127.0.0.1:7080; root $d/www;
		location /empty { return 204; }
		location /proxy/ { proxy_pass http://127.0.0.1:7081/; }
	}
	server { listen 127.0.0.1:7081; root $d/www; }
}
X
nginx -c $d/conf -p $d > out 2>&1 &
server=$!
at=http://127.0.0.1:7080
for i in $(seq 300); do curl -s -o /dev/null $at/ && break; sleep 0.1; done
curl -s $at/
curl -s $at/big | cksum
curl -s --compressed $at/big | cksum
curl -s -o /dev/null -o /dev/null -w '%{http_code}\n' $at/missing $at/empty
curl -s $at/proxy/big | cksum
curl -s -r 10-19 $at/big | wc -c
nginx -c $d/conf -p $d -s reload 2> /dev/null
curl -s --retry 3 $at/
wrk -t2 -c10 -d2s $at/ > wrk.out 2>&1
grep -c Requests/sec wrk.out
grep -c 'Socket errors\|Non-2xx' wrk.out
nginx -c $d/conf -p $d -s quit 2> /dev/null
wait $server
echo $?
grep -E '\[(alert|crit|emerg|error)\]' errors | grep -v missing
rm -rf $d
