#!/bin/sh
# Makes the certificates of test/servers/tls.ts with openssl 3, each valid from 2020 until 2120 but for the one that has expired.
# They secure nothing: their keys lie here for everybody. Run in this folder: sh make.sh
set -eu

NAMES='DNS:secure.test,DNS:*.secure.test,DNS:cdn.test,DNS:*.cdn.test'
for name in a b c d e f g h; do NAMES="$NAMES,DNS:$name.test,DNS:*.$name.test"; done
# The benchmark's pictures lie on these addresses.
for last in $(seq 1 99); do NAMES="$NAMES,IP:127.0.0.$last"; done

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
: > "$work/index"
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = test
[test]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
CNF

FROM=20200101000000Z
UNTIL=21200101000000Z

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# sign NAME SUBJECT NAMES FROM UNTIL
sign() {
  key "$1-key.pem"
  openssl req -new -key "$1-key.pem" -subj "/CN=$2" -addext "subjectAltName=$3" -out "$work/$1.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -cert ca.pem -keyfile "$work/ca-key.pem" \
    -startdate "$4" -enddate "$5" -in "$work/$1.csr" -out "$1.pem"
}

# The authority's own key is thrown away: nobody can sign more for those who trust it in a test.
key "$work/ca-key.pem"
openssl req -new -key "$work/ca-key.pem" -subj '/CN=pairloom test authority' \
  -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' -out "$work/ca.csr"
openssl ca -batch -notext -config "$work/ca.cnf" -selfsign -keyfile "$work/ca-key.pem" \
  -startdate "$FROM" -enddate "$UNTIL" -in "$work/ca.csr" -out ca.pem

sign good secure.test "$NAMES" "$FROM" "$UNTIL"
sign expired expired.test DNS:expired.test "$FROM" 20210101000000Z
sign wrong-name elsewhere.test DNS:elsewhere.test "$FROM" "$UNTIL"

key self-signed-key.pem
openssl req -x509 -new -key self-signed-key.pem -subj '/CN=self-signed.test' -days 36500 \
  -addext 'subjectAltName=DNS:self-signed.test' -out self-signed.pem
