# Keys, certificates, digests, ciphers and signatures.
set -e
d=$(mktemp -d)
trap 'rm -r $d' EXIT
cd $d
openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 3 -subj /CN=localhost 2> /dev/null
openssl x509 -in c -noout -subject
openssl verify -CAfile c c
head -c 1000000 /dev/zero > z
openssl dgst -sha256 z
openssl enc -aes-256-cbc -pbkdf2 -k pw -in z -out z.e
openssl enc -d -aes-256-cbc -pbkdf2 -k pw -in z.e | cmp - z && echo same
openssl ecparam -name prime256v1 -genkey -noout -out e
openssl dgst -sha256 -sign e -out s z
openssl ec -in e -pubout -out p 2> /dev/null
openssl dgst -sha256 -verify p -signature s z
