# Web, remote access, names.
nginx_conf() {
    cat >"$work/nginx.conf" <<CONF
worker_processes 1; daemon off; master_process off; pid $work/nginx.pid; error_log $work/error.log;
events { worker_connections 64; }
http { access_log off; root $work/www;
 client_body_temp_path $work/tmp; proxy_temp_path $work/tmp; fastcgi_temp_path $work/tmp; uwsgi_temp_path $work/tmp; scgi_temp_path $work/tmp;
 ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;
 server { $1 } }
CONF
}
if try http-22 nginx; then
    nginx_conf "listen 22;"; serve nginx -c "$work/nginx.conf"; ready 22
    ask curl -s --http0.9 http://shop.example.org:22/ -o /dev/null http://shop.example.org:22/file.bin -o /dev/null
    save
fi
if try tls-25 nginx; then
    nginx_conf "listen 25 ssl;"; serve nginx -c "$work/nginx.conf"; ready 25
    ask curl -sk https://www.example.org:25/ -o /dev/null
    ask curl -sk --tls-max 1.2 https://www.example.org:25/ -o /dev/null
    save
fi
if try http2-9999 nginx; then
    nginx_conf "listen 9999 http2;"; serve nginx -c "$work/nginx.conf"; ready 9999
    ask curl -s --http2-prior-knowledge http://www.example.org:9999/ -o /dev/null
    save
fi
if try haproxy-143 nginx; then
    nginx_conf "listen 143 proxy_protocol;"; serve nginx -c "$work/nginx.conf"; ready 143
    ask curl -s --haproxy-protocol http://www.example.org:143/ -o /dev/null
    save
fi
if try quic-853 "$python"; then
    serve "$python" "$here/quic.py" server $s 853 "$work/cert.pem" "$work/key.pem"; ready 853
    ask "$python" "$here/quic.py" client www.example.org 853
    save
fi
if try dtls-5000 openssl; then
    serve openssl s_server -dtls1_2 -accept 5000 -cert "$work/cert.pem" -key "$work/key.pem" -quiet; ready 5000
    ask bash -c "(sleep 1; echo hello; sleep 0.3) | openssl s_client -dtls1_2 -connect $s:5000 -servername www.example.org -quiet"
    save
fi
if try ssh-443 sshd; then
    mkdir -p /run/sshd
    [[ -f $work/host ]] || ssh-keygen -qt ed25519 -N '' -f "$work/host"
    printf 'Port 443\nHostKey %s/host\nAuthorizedKeysFile none\nUsePAM no\nPidFile none\n' "$work" >"$work/sshd.conf"
    serve "$(command -v sshd)" -D -e -f "$work/sshd.conf"; ready 443
    in_client ssh -p 443 -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@$s true 2>/dev/null
    save
fi
if try ssh-first-80 sshd; then # the client waits for the server's banner
    printf 'Port 80\nHostKey %s/host\nUsePAM no\nPidFile none\n' "$work" >"$work/sshd.conf"
    [[ -f $work/host ]] || ssh-keygen -qt ed25519 -N '' -f "$work/host"
    serve "$(command -v sshd)" -D -e -f "$work/sshd.conf"; ready 80
    ask ssh-keyscan -t ed25519 -p 80 $s
    save
fi
if try vnc-5999 Xvnc; then
    serve Xvnc :7 -rfbport 5999 -SecurityTypes None -geometry 64x64 -listen tcp; ready 5999
    ask "$python" "$here/services.py" ask vnc $s 5999 "$work"
    save
fi
if try x11-6007 Xvnc; then
    serve Xvnc :7 -rfbport 5999 -SecurityTypes None -geometry 64x64 -listen tcp -ac; ready 6007
    ask xdpyinfo -display $s:7
    save
fi
if try rdp-3390 xrdp; then
    printf '[Globals]\nport=3390\nsecurity_layer=negotiate\ncertificate=%s/cert.pem\nkey_file=%s/key.pem\ntcp_nodelay=true\nLogLevel=INFO\n[Logging]\nLogFile=%s/xrdp.log\n[Xvnc]\nname=Xvnc\nlib=libvnc.so\nusername=ask\npassword=ask\nip=127.0.0.1\nport=-1\n' "$work" "$work" "$work" >"$work/xrdp.ini"
    serve xrdp --nodaemon --config "$work/xrdp.ini"; ready 3390
    ip netns exec "$client" Xvnc :9 -rfbport 5909 -SecurityTypes None -geometry 64x64 >/dev/null 2>&1 & pids+=($!)
    sleep 1
    DISPLAY=:9 in_client timeout 5 xfreerdp /v:$s:3390 /u:user /p:pass /cert:ignore +auth-only >/dev/null 2>&1
    save
fi
if try telnet-2323 telnetd; then
    serve "$python" "$here/services.py" inetd "$s" 2323 telnetd -h; ready 2323
    ask bash -c "(sleep 1; echo guest; sleep 0.7) | telnet $s 2323 || true"
    save
fi
if try dns-5300 dnsmasq; then
    serve dnsmasq -k -p 5300 --no-resolv --no-hosts -C /dev/null --address=/example.org/10.78.0.9; ready 5300
    ask dig @$s -p 5300 www.example.org +tries=1
    ask dig @$s -p 5300 www.example.org AAAA +tcp +tries=1
    save
fi
if try dot-8853 kdig; then
    serve "$python" "$here/services.py" serve dot $s 8853 "$work"; ready 8853
    ask kdig @$s -p 8853 +tls www.example.org
    save
fi
if try tftp-6969 in.tftpd; then
    serve in.tftpd -L -u root -a $s:6969 -s "$work/www"; ready 6969
    ask bash -c "cd $work/tmp && tftp $s 6969 -m binary -c get file.bin"
    save
fi
if try socks-8081 microsocks; then
    nginx_conf "listen 7000;"; serve nginx -c "$work/nginx.conf"; serve microsocks -p 8081; ready 8081; ready 7000
    ask curl -s --socks5-hostname $s:8081 http://$s:7000/ -o /dev/null
    save
fi
if try proxy-2222 tinyproxy; then
    printf 'Port 2222\nListen %s\nTimeout 10\nConnectPort 7443\nAllow 10.78.0.0/24\n' $s >"$work/tiny.conf"
    nginx_conf "listen 7443 ssl; listen 7000;"; serve nginx -c "$work/nginx.conf"; serve tinyproxy -d -c "$work/tiny.conf"; ready 2222; ready 7443
    ask curl -s -x http://$s:2222 http://$s:7000/ -o /dev/null
    ask curl -sk -x http://$s:2222 https://$s:7443/ -o /dev/null
    save
fi
