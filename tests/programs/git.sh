# git's daily work on local repositories. Dates and names are fixed, so that
# every object id is too.
set -e
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000'
git init -q -b main r
cd r
for i in 1 2 3 4 5; do
	echo line $i >> f
	mkdir d$i
	seq $((i * 100)) > d$i/n
	git add .
	git commit -qm c$i
done
git log --oneline --stat
git checkout -q -b side HEAD~2
echo other > g
git add g
git commit -qm side
git rebase -q main
git log --format='%s %H'
git gc -q
git fsck --full
git count-objects -v | grep -v size
cd ..
git clone -q r c
cd c
git log --oneline | wc -l
git status --short
git checkout -q -b x
echo z >> f
git stash -q
git stash pop -q
git diff
git commit -qam z
git push -q origin x
git -C ../r branch
git bundle create -q ../b.bundle --all
git bundle verify -q ../b.bundle
git archive HEAD | tar t | sort | head -5
git blame -s f
git grep -n line
git worktree add -q ../wt main
ls ../wt
git merge -q origin/side -m m
git log --graph --format=%s
