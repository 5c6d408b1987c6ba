/* SPDX-License-Identifier: MIT */
/* Giving back heap and text pages. */
#include "common/trim.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define LINE_BYTES 512

/* "5581c2-5583d0 r-xp 0000 08:01 12 /usr/lib/x.so": text of a file, which
 * nobody has written to. */
static void
drop_text(const char *line)
{
	unsigned long first = 0, end = 0;
	char mode[5] = "";
	if (sscanf(line, "%lx-%lx %4s", &first, &end, mode) != 3 ||
	    strcmp(mode, "r-xp") != 0 || strchr(line, '/') == NULL)
		return;
	(void)!madvise((void *)(uintptr_t)first, end - first, MADV_DONTNEED);
}

void
trim_memory(void)
{
	malloc_trim(0);
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[LINE_BYTES];
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
		drop_text(line);
	if (maps != NULL)
		fclose(maps);
}
