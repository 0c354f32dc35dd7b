# Mail, files, directories.
dovecot_conf() {
    mkdir -p "$work/dove" "$work/mail"; chmod 777 "$work/mail"
    cat >"$work/dovecot.conf" <<CONF
base_dir = $work/dove
log_path = $work/dovecot.log
protocols = imap pop3
ssl = yes
ssl_cert = <$work/cert.pem
ssl_key = <$work/key.pem
disable_plaintext_auth = no
mail_location = maildir:$work/mail
first_valid_uid = 1
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
service anvil {
 chroot =
}
service imap-login {
 chroot =
 inet_listener imap {
  port = $1
 }
 inet_listener imaps {
  port = 0
 }
}
service pop3-login {
 chroot =
 inet_listener pop3 {
  port = $2
 }
 inet_listener pop3s {
  port = 0
 }
}
passdb {
 driver = static 
 args = password=secret
}
userdb {
 driver = static
 args = uid=nobody gid=nogroup home=$work/mail
}
CONF
}
if try imap-10143 dovecot; then
    dovecot_conf 10143 10110; serve dovecot -F -c "$work/dovecot.conf"; ready 10143
    ask "$python" "$here/services.py" ask imap $s 10143 "$work"
    save
fi
if try imap-starttls-8080 dovecot; then
    dovecot_conf 8080 10110; serve dovecot -F -c "$work/dovecot.conf"; ready 8080
    ask "$python" "$here/services.py" ask imap_starttls mail.example.org 8080 "$work"
    save
fi
if try pop3-stls-10110 dovecot; then
    dovecot_conf 10143 10110; serve dovecot -F -c "$work/dovecot.conf"; ready 10110
    ask "$python" "$here/services.py" ask pop3_stls mail.example.org 10110 "$work"
    save
fi
if try pop3-21 dovecot; then
    dovecot_conf 10143 21; serve dovecot -F -c "$work/dovecot.conf"; ready 21
    ask "$python" "$here/services.py" ask pop3 $s 21 "$work"
    save
fi
both smtp-2500 2500
both smtp-starttls-443 443 smtp
both ftp-2121 2121
both ftps-4021 4021
if try ldap-3890 slapd; then
    mkdir -p "$work/ldap"
    printf 'include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCertificateFile %s/cert.pem\nTLSCertificateKeyFile %s/key.pem\ndatabase mdb\nsuffix dc=example,dc=org\nrootdn cn=admin,dc=example,dc=org\nrootpw secret\ndirectory %s/ldap\n' "$work" "$work" "$work" >"$work/slapd.conf"
    serve slapd -d 0 -f "$work/slapd.conf" -h "ldap://$s:3890"; ready 3890
    in_client ldapsearch -x -H ldap://$s:3890 -D cn=admin,dc=example,dc=org -w secret -b dc=example,dc=org '(uid=jo)' >/dev/null 2>&1
    LDAPTLS_REQCERT=never in_client ldapsearch -x -ZZ -H ldap://mail.example.org:3890 -b dc=example,dc=org >/dev/null 2>&1
    save
fi
if try kerberos-8800 krb5kdc; then
    printf '[libdefaults]\n default_realm = EXAMPLE.ORG\n dns_lookup_kdc = false\n[realms]\n EXAMPLE.ORG = {\n kdc = %s:8800\n }\n' $s >"$work/krb5.conf"
    printf '[kdcdefaults]\n kdc_listen = 8800\n kdc_tcp_listen = 8800\n[realms]\n EXAMPLE.ORG = {\n database_name = %s/principal\n key_stash_file = %s/stash\n acl_file = %s/acl\n }\n[logging]\n kdc = FILE:%s/kdc.log\n' "$work" "$work" "$work" "$work" >"$work/kdc.conf"
    export KRB5_CONFIG=$work/krb5.conf KRB5_KDC_PROFILE=$work/kdc.conf
    kdb5_util create -s -P master >/dev/null 2>&1; kadmin.local addprinc -pw secret jo >/dev/null 2>&1
    serve krb5kdc -n; ready 8800
    ask bash -c "echo secret | KRB5CCNAME=$work/cc kinit jo"
    sed -i 's/\[libdefaults\]/[libdefaults]\n udp_preference_limit = 1/' "$work/krb5.conf"
    ask bash -c "echo secret | KRB5CCNAME=$work/cc kinit jo"
    unset KRB5_CONFIG KRB5_KDC_PROFILE
    save
fi
if try smb-4450 smbd; then
    mkdir -p "$work/smb"
    printf '[global]\nsmb ports = 4450\nmap to guest = Bad User\npid directory = %s/smb\nlock directory = %s/smb\nstate directory = %s/smb\ncache directory = %s/smb\nprivate dir = %s/smb\nncalrpc dir = %s/smb\nload printers = no\nlog file = %s/smb/log\n[pub]\npath = %s/www\nguest ok = yes\n' "$work" "$work" "$work" "$work" "$work" "$work" "$work" "$work" >"$work/smb.conf"
    serve smbd -F --no-process-group -s "$work/smb.conf"; ready 4450
    ask smbclient -s /dev/null -p 4450 -N "//$s/pub" -c "ls"
    save
fi
if try rsync-8730 rsync; then
    printf 'use chroot = no\nuid = root\n[pub]\npath = %s/www\n' "$work" >"$work/rsyncd.conf"
    serve rsync --daemon --no-detach --port=8730 --config="$work/rsyncd.conf"; ready 8730
    ask rsync "rsync://$s:8730/pub/"
    save
fi
if try git-9000 git; then
    [[ -d $work/repo.git ]] || { git init -q "$work/tree"; git -C "$work/tree" -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first; git clone -q --bare "$work/tree" "$work/repo.git"; }
    serve git -c safe.directory='*' daemon --port=9000 --export-all --base-path="$work"; ready 9000
    ask git ls-remote "git://$s:9000/repo.git"
    save
fi
