module adyton.dev/adyton

go 1.26
