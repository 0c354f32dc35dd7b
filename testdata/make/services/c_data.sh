# Databases, messaging, measuring.
for port in 80 6379; do
    if try resp-$port redis-server; then
        serve redis-server --port $port --bind $s --save '' --protected-mode no; ready $port
        ask redis-cli -h $s -p $port set name value
        ask redis-cli -h $s -p $port get name
        save
    fi
done
pg=$(echo /usr/lib/postgresql/*/bin)
if try postgresql-15432 "$pg/postgres"; then
    if [[ ! -d $work/pg ]]; then
        install -d -o postgres "$work/pg"; setpriv --reuid postgres --regid postgres --init-groups "$pg/initdb" -A trust -D "$work/pg" >/dev/null
        echo "host all all 10.78.0.0/24 trust" >>"$work/pg/pg_hba.conf"
        install -o postgres -m 600 "$work/cert.pem" "$work/pg/server.crt"; install -o postgres -m 600 "$work/key.pem" "$work/pg/server.key"
    fi
    serve setpriv --reuid postgres --regid postgres --init-groups "$pg/postgres" -D "$work/pg" -p 15432 -h $s -k '' -c ssl=on -c fsync=off; ready 15432; sleep 1
    ask psql "host=$s port=15432 user=postgres dbname=postgres sslmode=disable" -c 'select 1'
    ask psql "host=$s port=15432 user=postgres dbname=postgres sslmode=require" -c 'select 1'
    save
fi
if try mysql-3310 mariadbd; then
    install -d -o mysql "$work/my"; mariadb-install-db --no-defaults --user=mysql --datadir="$work/my" --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1
    printf "create user u@'%%' identified by 'secret';\n" >"$work/init.sql"
    serve mariadbd --no-defaults --user=mysql --datadir="$work/my" --socket="$work/my/s" --pid-file="$work/my/p" --port=3310 --bind-address=$s --init-file="$work/init.sql" --ssl-cert="$work/cert.pem" --ssl-key="$work/key.pem" --skip-name-resolve; ready 3310; sleep 0.5
    ask mariadb --no-defaults -h $s -P 3310 -u u -psecret --skip-ssl -e 'select 1'
    ask mariadb --no-defaults -h $s -P 3310 -u u -psecret --ssl -e 'select 1'
    save
fi
if try memcached-8082 memcached; then
    serve memcached -u nobody -p 8082 -U 8082 -l $s; ready 8082
    ask "$python" "$here/services.py" ask memcached $s 8082 "$work"
    save
fi
if try mqtt-8090 mosquitto; then
    printf 'listener 8090\nallow_anonymous true\nlistener 8091\nprotocol websockets\n' >"$work/mosquitto.conf"
    serve mosquitto -c "$work/mosquitto.conf"; ready 8090
    ask mosquitto_pub -h $s -p 8090 -t a/b -m hello
    ask mosquitto_pub -h $s -p 8090 -V mqttv5 -t a/b -m hello
    save
fi
if try mqtt-websocket-8091 mosquitto; then
    printf 'listener 8090\nallow_anonymous true\nlistener 8091\nprotocol websockets\n' >"$work/mosquitto.conf"
    serve mosquitto -c "$work/mosquitto.conf"; ready 8091
    ask "$python" "$here/services.py" ask mqtt_websocket $s 8091 "$work"
    save
fi
if try nats-4333 nats-server; then
    serve nats-server -a $s -p 4333; ready 4333
    ask "$python" "$here/services.py" ask nats $s 4333 "$work"
    save
fi
if try gearman-4800 gearmand; then
    serve gearmand -u root -L $s -p 4800 -l "$work/gearmand.log"; ready 4800
    ask gearman -h $s -p 4800 -b -f work hello
    save
fi
if try iperf3-5999 iperf3; then
    serve iperf3 -s -1 -p 5999; ready 5999
    ask iperf3 -c $s -p 5999 -n 8K -l 1K
    save
fi
if try iperf3-5201 iperf3; then
    serve iperf3 -s -1; ready 5201
    ask iperf3 -c $s -u -n 8K -l 1K
    save
fi
if try iperf2-7777 iperf; then
    serve iperf -s -p 7777; serve iperf -s -u -p 7777; ready 7777; sleep 0.5
    ask iperf -c $s -p 7777 -n 8K -l 1K
    ask iperf -c $s -u -p 7777 -n 4K -l 500 -b 400K
    save
fi
if try irc-7001 ngircd; then
    printf '[Global]\nName = irc.example.org\nInfo = test\nPorts = 7001\nListen = %s\nServerUID = nobody\nServerGID = nogroup\n[Options]\nPAM = no\nIdent = no\nDNS = no\n' $s >"$work/ngircd.conf"
    serve ngircd -n -f "$work/ngircd.conf"; ready 7001
    ask "$python" "$here/services.py" ask irc $s 7001 "$work"
    save
fi
if try xmpp-8443 prosody; then
    mkdir -p "$work/prosody"; chmod 777 "$work/prosody"
    printf 'run_as_root = true\npidfile = "%s/prosody.pid"\ndata_path = "%s/prosody"\nmodules_enabled = { "roster"; "saslauth"; "tls" }\nmodules_disabled = { "s2s" }\nc2s_ports = { 8443 }\nc2s_interfaces = { "%s" }\ncertificates = "%s"\nssl = { key = "%s/key.pem", certificate = "%s/cert.pem" }\nVirtualHost "example.org"\n' "$work" "$work" $s "$work" "$work" "$work" >"$work/prosody.cfg.lua"
    serve prosody -F --config "$work/prosody.cfg.lua"; ready 8443
    ask "$python" "$here/services.py" ask xmpp $s 8443 "$work"
    save
fi
both grpc-50123 50123
both websocket-8023 8023
both zeromq-5600 5600
both thrift-9191 9191
