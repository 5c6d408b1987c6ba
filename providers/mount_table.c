/* SPDX-License-Identifier: MIT */
/* Reading mountinfo and fstab. Both write blanks in names as octal \040. */
#include "providers/mount_table.h"

#include <string.h>

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static const char *
unescape(struct arena *a, struct str field)
{
	char *out = arena_alloc(a, field.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < field.len; i++) {
		const char *p = field.data + i;
		if (*p == '\\' && i + 3 < field.len && is_octal(p[1]) &&
		    is_octal(p[2]) && is_octal(p[3])) {
			out[len++] = (char)((p[1] - '0') << 6 |
					    (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
		} else {
			out[len++] = *p;
		}
	}
	return out;
}

const char *
fstab_escape(struct arena *a, const char *field)
{
	struct buf out = BUF_INIT(strlen(field) * 4 + 1);
	for (const char *c = field; *c != '\0'; c++) {
		if (*c == ' ' || *c == '\t' || *c == '\n' || *c == '\\')
			buf_printf(&out, "\\%03o", (unsigned char)*c);
		else
			buf_add_char(&out, *c);
	}
	const char *text = arena_strdup(a, buf_text(&out));
	buf_release(&out);
	return text;
}

/* The next word between blanks; false at the end. */
static bool
next_word(struct str *rest, struct str *ret)
{
	size_t i = 0;
	while (i < rest->len && strchr(" \t\r\n", rest->data[i]) != NULL)
		i++;
	size_t start = i;
	while (i < rest->len && strchr(" \t\r\n", rest->data[i]) == NULL)
		i++;
	*ret = (struct str){ rest->data + start, i - start };
	*rest = (struct str){ rest->data + i, rest->len - i };
	return ret->len > 0;
}

/* The next line with its line feed; false at the end. */
static bool
next_line(struct str *rest, struct str *ret)
{
	if (rest->len == 0)
		return false;
	const char *end = memchr(rest->data, '\n', rest->len);
	size_t len = end != NULL ? (size_t)(end - rest->data) + 1 : rest->len;
	*ret = (struct str){ rest->data, len };
	*rest = (struct str){ rest->data + len, rest->len - len };
	return true;
}

/* id parent major:minor root MOUNT_POINT options [fields...] - type SOURCE */
static bool
parse_mountinfo(struct str line, struct str *mount_point, struct str *source)
{
	struct str word;
	for (int i = 0; i < 5; i++) {
		if (!next_word(&line, mount_point))
			return false;
	}
	do {
		if (!next_word(&line, &word))
			return false;
	} while (!str_eq_text(word, "-"));
	return next_word(&line, &word) && next_word(&line, source);
}

const char *
mountinfo_source(struct arena *a, struct str text, const char *mount_point)
{
	const char *found = NULL;
	struct str line, at, source;
	while (next_line(&text, &line)) {
		if (parse_mountinfo(line, &at, &source) &&
		    text_eq(unescape(a, at), mount_point))
			found = unescape(a, source);
	}
	return found;
}

static bool
parse_fstab(struct arena *a, struct str line, struct fstab_entry *ret)
{
	struct str words[6] = { { NULL, 0 } };
	struct str rest = line;
	size_t count = 0;
	while (count < ARRAY_LEN(words) && next_word(&rest, &words[count]))
		count++;
	if (count < 4 || words[0].data[0] == '#')
		return false;
	const char *text[ARRAY_LEN(words)];
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		text[i] = i < count ? unescape(a, words[i]) : "0";
	*ret = (struct fstab_entry){ text[0], text[1], text[2], text[3],
		text[4], text[5], line };
	return true;
}

bool
fstab_find(struct arena *a, struct str text, const char *device,
    const char *mount_point, struct fstab_entry *ret)
{
	struct fstab_entry entry, last = { 0 };
	bool found = false;
	struct str line;
	while (next_line(&text, &line)) {
		if (parse_fstab(a, line, &entry) &&
		    text_eq(entry.mount_point, mount_point)) {
			last = entry;
			found = true;
		}
	}
	if (!found || (device != NULL && !text_eq(last.device, device)))
		return false;
	*ret = last;
	return true;
}

void
fstab_without(struct str text, const struct fstab_entry *entry, struct buf *out)
{
	size_t before = (size_t)(entry->line.data - text.data);
	size_t after = before + entry->line.len;
	buf_add(out, text.data, before);
	buf_add(out, text.data + after, text.len - after);
}
