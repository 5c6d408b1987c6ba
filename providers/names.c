/* SPDX-License-Identifier: MIT */
/* One small table per database; both kinds of question fill it. */
#include "providers/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/str.h"

#define SEATS ((size_t)64)
#define NAME_MAX_BYTES ((size_t)64)
#define LOOK_AGAIN_NS INT64_C(10000000)
#define ENTRY_MAX_BYTES ((size_t)1 << 20)

struct seat {
	bool taken;
	bool by_id;  /* the first name of this id, not an alias */
	unsigned id; /* uid_t and gid_t */
	char name[NAME_MAX_BYTES];
};

struct table {
	const char *file;
	bool users;
	struct seat seats[SEATS];
	size_t next;
	struct timespec looked, changed;
	ino_t inode;
	off_t size;
};

static struct table user_table = { .file = "/etc/passwd", .users = true };
static struct table group_table = { .file = "/etc/group" };

static void
table_clear(struct table *t)
{
	for (size_t i = 0; i < SEATS; i++)
		t->seats[i].taken = false;
	t->next = 0;
}

void
names_forget(void)
{
	table_clear(&user_table);
	table_clear(&group_table);
}

static void
table_refresh(struct table *t)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	int64_t ago = (int64_t)(now.tv_sec - t->looked.tv_sec) * 1000000000 +
		      (now.tv_nsec - t->looked.tv_nsec);
	if (t->looked.tv_sec != 0 && ago < LOOK_AGAIN_NS)
		return;
	t->looked = now;
	struct stat st;
	if (stat(t->file, &st) < 0) {
		table_clear(t);
		return;
	}
	if (st.st_ino == t->inode && st.st_size == t->size &&
	    st.st_mtim.tv_sec == t->changed.tv_sec &&
	    st.st_mtim.tv_nsec == t->changed.tv_nsec)
		return;
	table_clear(t);
	t->inode = st.st_ino;
	t->size = st.st_size;
	t->changed = st.st_mtim;
}

static void
table_add(struct table *t, const char *name, unsigned id, bool by_id)
{
	size_t len = strlen(name);
	if (len >= NAME_MAX_BYTES)
		return;
	struct seat *s = &t->seats[t->next];
	t->next = (t->next + 1) % SEATS;
	s->taken = true;
	s->by_id = by_id;
	s->id = id;
	memcpy(s->name, name, len + 1);
}

/* Asks the system by name or (NULL) by id: 1 found, 0 not, else errno. */
static int
ask(const struct table *t, const char *name, unsigned *id, char *text,
    size_t size, const char **ret_name)
{
	int rc;
	if (t->users) {
		struct passwd pw, *hit = NULL;
		rc = name != NULL ? getpwnam_r(name, &pw, text, size, &hit)
				  : getpwuid_r(*id, &pw, text, size, &hit);
		if (hit == NULL)
			return rc;
		*id = pw.pw_uid;
		*ret_name = pw.pw_name;
		return 1;
	}
	struct group gr, *hit = NULL;
	rc = name != NULL ? getgrnam_r(name, &gr, text, size, &hit)
			  : getgrgid_r(*id, &gr, text, size, &hit);
	if (hit == NULL)
		return rc;
	*id = gr.gr_gid;
	*ret_name = gr.gr_name;
	return 1;
}

/* Entries of any size: groups may have thousands of members. */
static bool
look_up(struct table *t, const char *name, unsigned *id)
{
	size_t size = 4096;
	bool found = false;
	for (;;) {
		char *text = xmalloc(size);
		const char *hit = NULL;
		int rc = ask(t, name, id, text, size, &hit);
		if (rc == 1 && hit != NULL) {
			table_add(
			    t, name != NULL ? name : hit, *id, name == NULL);
			found = true;
		}
		free(text);
		if (rc != ERANGE || size >= ENTRY_MAX_BYTES)
			return found;
		size *= 4;
	}
}

static int
id_of(struct table *t, const char *name, unsigned *ret, struct err *e)
{
	table_refresh(t);
	for (size_t i = 0; i < SEATS && t->seats[i].taken; i++) {
		if (strcmp(t->seats[i].name, name) == 0) {
			*ret = t->seats[i].id;
			return 0;
		}
	}
	unsigned id = 0;
	if (look_up(t, name, &id)) {
		*ret = id;
		return 0;
	}
	int64_t number;
	if (str_to_i64(str_from(name), 10, &number) && number >= 0 &&
	    number < (int64_t)UINT32_MAX) {
		*ret = (unsigned)number;
		return 0;
	}
	return err_set(
	    e, ERR_ABSENT, "no %s '%s'", t->users ? "user" : "group", name);
}

static const char *
name_of(struct table *t, struct arena *a, unsigned id)
{
	table_refresh(t);
	for (int tries = 0; tries < 2; tries++) {
		for (size_t i = 0; i < SEATS && t->seats[i].taken; i++) {
			if (t->seats[i].by_id && t->seats[i].id == id)
				return arena_strdup(a, t->seats[i].name);
		}
		unsigned asked = id;
		if (!look_up(t, NULL, &asked))
			break;
	}
	return arena_printf(a, "%u", id);
}

int
names_uid(const char *name, uid_t *ret, struct err *e)
{
	return id_of(&user_table, name, ret, e);
}

int
names_gid(const char *name, gid_t *ret, struct err *e)
{
	return id_of(&group_table, name, ret, e);
}

const char *
names_user(struct arena *a, uid_t uid)
{
	return name_of(&user_table, a, uid);
}

const char *
names_group(struct arena *a, gid_t gid)
{
	return name_of(&group_table, a, gid);
}
