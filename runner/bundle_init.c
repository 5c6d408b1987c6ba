/* SPDX-License-Identifier: MIT */
/* Writing the files of a new bundle. In the texts below @NAME@ is the bundle,
 * @BOOK@ its cookbook. */
#include "runner/bundle_init.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle.h"
#include "wire/manifest.h"

#define FILE_MAX_BYTES ((size_t)64 << 10)

static const struct {
	const char *path;
	mode_t mode;
	const char *text;
} files[] = {
	{ "bundle.yml", 0644,
	    "# What a machine is asked to be.\n"
	    "#   rightlink boot --bundle @NAME@     try it on this machine\n"
	    "#   rightlink bundle push @NAME@       serve it from the router\n"
	    "name: @NAME@\n"
	    "version: \"0.1.0\"\n"
	    "description: Says hello, until it learns more\n"
	    "\n"
	    "inputs:\n"
	    "  @BOOK@/greeting:\n"
	    "    type: text\n"
	    "    default: hello\n"
	    "    description: What @BOOK@::default leaves on the machine\n"
	    "  WHOM:\n"
	    "    type: text\n"
	    "    default: world\n"
	    "    description: Whom the script greets\n"
	    "\n"
	    "# Run in this order at each boot.\n"
	    "boot:\n"
	    "- @BOOK@::default\n"
	    "- script: greet\n"
	    "\n"
	    "# What 'rightlink run' may run afterwards; remote: other "
	    "instances may\n"
	    "# ask for it.\n"
	    "operational:\n"
	    "- recipe: @BOOK@::hello\n"
	    "  remote: true\n"
	    "- script: greet\n" },
	{ "cookbooks/@BOOK@/metadata.rb", 0644,
	    "name '@BOOK@'\n"
	    "version '0.1.0'\n" },
	{ "cookbooks/@BOOK@/attributes/default.rb", 0644,
	    "# Weaker than the input of bundle.yml.\n"
	    "default['@BOOK@']['greeting'] = 'hello'\n" },
	{ "cookbooks/@BOOK@/recipes/default.rb", 0644,
	    "# Run again, it changes nothing that is as it should be.\n"
	    "file ::File.join(Chef::Config[:file_cache_path], '@BOOK@') do\n"
	    "  content \"#{node['@BOOK@']['greeting']}\\n\"\n"
	    "  mode '0644'\n"
	    "end\n" },
	{ "cookbooks/@BOOK@/recipes/hello.rb", 0644,
	    "log \"#{node['@BOOK@']['greeting']} from #{node.name}\"\n" },
	{ "scripts/greet/greet", 0755,
	    "#!/bin/sh\n"
	    "# ---\n"
	    "# RightScript Name: Greet\n"
	    "# Description: Prints a greeting\n"
	    "# Inputs:\n"
	    "#   WHOM:\n"
	    "#     Description: Whom to greet\n"
	    "#     Input Type: single\n"
	    "#     Required: true\n"
	    "#     Default: text:world\n"
	    "# ...\n"
	    "set -eu\n"
	    "echo \"hello, $WHOM\"\n" },
};

static void
fill_in(const char *text, const char *name, const char *book, struct buf *out)
{
	while (*text != '\0') {
		if (text_has_prefix(text, "@NAME@"))
			buf_add_str(out, name);
		else if (text_has_prefix(text, "@BOOK@"))
			buf_add_str(out, book);
		else
			buf_add_char(out, *text);
		text += *text == '@' && (text_has_prefix(text, "@NAME@") ||
					    text_has_prefix(text, "@BOOK@"))
			    ? 6
			    : 1;
	}
}

/* A name for cookbook and attributes: "My-App.2" -> "my_app_2". */
static char *
book_name(const char *name)
{
	char *book = xstrdup(name);
	for (char *p = book; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
		else if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9'))
			*p = '_';
	}
	return book;
}

static int
write_file(int dir, size_t i, const char *name, const char *book, struct err *e)
{
	AUTO_BUF struct buf path = BUF_INIT(FILE_MAX_BYTES);
	AUTO_BUF struct buf text = BUF_INIT(FILE_MAX_BYTES);
	fill_in(files[i].path, name, book, &path);
	fill_in(files[i].text, name, book, &text);
	AUTO_STR char *parent = path_dirname(buf_text(&path));
	int rc =
	    text_eq(parent, ".") ? 0 : fsat_mkdir_all(dir, parent, 0755, e);
	if (rc == 0)
		rc = fsat_replace(dir, buf_text(&path),
		    (struct str){ text.data, text.len }, files[i].mode,
		    FSAT_NO_SYNC, e);
	return rc;
}

int
bundle_init(const char *path, struct err *e)
{
	AUTO_STR char *clean = xstrdup(path);
	size_t len = strlen(clean);
	while (len > 1 && clean[len - 1] == '/')
		clean[--len] = '\0';
	const char *name = path_basename(clean);
	if (!manifest_name_is_valid(name) || name[0] == '_' || name[0] == '.')
		return err_set(e, ERR_INVALID,
		    "'%.100s' is no name of a bundle: letters, digits, - _ . "
		    "(not first), at most %d",
		    name, MANIFEST_NAME_MAX_BYTES);
	if (mkdir(clean, 0755) < 0 && errno == EEXIST)
		return err_set(e, ERR_EXISTS, "'%s' is there already", clean);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, clean, e);
	if (dir < 0)
		return dir;
	AUTO_STR char *book = book_name(name);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(files); i++)
		rc = write_file(dir, i, name, book, e);
	AUTO(bundle_free) struct bundle *b = NULL;
	return rc < 0 ? rc : bundle_load(clean, &b, e);
}
