#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the build into an empty directory, moves it elsewhere, and converges
# from there: nothing may point back at the build tree.
# Usage: install.sh BUILD-DIR
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/first" >"$work/log"
mv "$work/first" "$work/moved"
for path in bin/rightlink libexec/rightlink/cook libexec/rightlink/fetch \
	libexec/rightlink/operator libexec/rightlink/router \
	libexec/rightlink/agent libexec/rightlink/perform \
	lib/systemd/system/rightlink-agent.service \
	share/man/man8/rightlink-agent.8 \
	libexec/rightlink/diff.so lib/rightlink/runtime/chef.rb \
	share/rightlink/cookbooks/rightscale/metadata.rb \
	share/bash-completion/completions/rightlink \
	share/zsh/site-functions/_rightlink \
	share/fish/vendor_completions.d/rightlink.fish \
	share/man/man1/rightlink.1 share/man/man1/rightlink-boot.1 \
	share/man/man8/rightlink-router.8 \
	lib/systemd/system/rightlink-router.service \
	lib/sysusers.d/rightlink-router.conf \
	share/man/man1/rs_tag.1 bin/rs_tag bin/rs_run_recipe \
	share/bash-completion/completions/rs_tag; do
	[ -e "$work/moved/$path" ] || {
		echo "not installed: $path"
		exit 1
	}
done
# RightLink 6's tools are links; they must stay inside when it is moved.
find "$work/moved" -type l >"$work/links"
while read -r link; do
	case $link:$(readlink "$link") in
	*/rs_*:rightlink | */rs_*:rightlink.fish) ;;
	*)
		echo "a link in the installation: $link"
		exit 1
		;;
	esac
done <"$work/links"
# The command a person types starts fast: no HTTP, no database, no TLS.
if ldd "$work/moved/bin/rightlink" | grep -E 'libcurl|libsqlite|libssl'; then
	echo "bin/rightlink loads what belongs to other programs"
	exit 1
fi
# The agent parses nothing foreign and runs no Ruby.
if ldd "$work/moved/libexec/rightlink/agent" |
	grep -E 'libruby|libarchive|libgit2'; then
	echo "the agent loads what belongs to fetch or cook"
	exit 1
fi
for program in bin/rightlink libexec/rightlink/cook libexec/rightlink/fetch; do
	if ldd "$work/moved/$program" | grep -F "$build"; then
		echo "$program needs a library of the build tree"
		exit 1
	fi
done

mkdir -p "$work/cookbooks/t/recipes"
printf 'file "%s/made" do\n  content "by the installed program\\n"\nend\n' \
	"$work" >"$work/cookbooks/t/recipes/default.rb"
printf 'cookbook_path "%s/cookbooks"\nfile_cache_path "%s/cache"\n' \
	"$work" "$work" >"$work/solo.rb"
"$work/moved/bin/rightlink" solo -c "$work/solo.rb" -o t -l warn -F doc
grep -q 'by the installed program' "$work/made"
echo "1 passed, 0 failed"
