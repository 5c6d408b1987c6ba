/* SPDX-License-Identifier: MIT */
/*
 * Queries by tag over many instances: bench_tags INSTANCES DIRECTORY. Each
 * instance carries eight tags; the store is made in DIRECTORY. Prints the
 * median and the 99th percentile of each query as one line of JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "router/store_jobs.h"

#define ROUNDS 200
#define WINDOW 2000 /* jobs under way while it is filled */

static const struct {
	const char *name;
	enum tag_match match;
	size_t limit;
	const char *tags[3];
} queries[] = {
	{ "one_hit", TAG_MATCH_ALL, 0, { "node:number=77" } },
	{ "hundred_hits", TAG_MATCH_ALL, 0, { "node:rack=77" } },
	{ "all_of_two", TAG_MATCH_ALL, 0, { "node:rack=77", "app:on=1" } },
	{ "all_of_common", TAG_MATCH_ALL, 100,
	    { "app:on=1", "app:color=blue" } },
	{ "any_of_two", TAG_MATCH_ANY, 0, { "node:rack=7", "node:rack=8" } },
	{ "wildcard_page", TAG_MATCH_ALL, 100, { "node:number=*" } },
	{ "nobody", TAG_MATCH_ALL, 0, { "node:number=none" } },
};

static size_t open_jobs;

static void
filled(struct store_job *j)
{
	if (j->rc < 0) {
		fprintf(stderr, "bench_tags: %s\n", j->err.text);
		exit(1);
	}
	__atomic_fetch_sub(&open_jobs, 1, __ATOMIC_RELEASE);
	store_job_free(&j);
}

static struct store_job *
instance_job(size_t i)
{
	struct store_job *j =
	    store_job_new(STORE_instance_enroll, -1, filled, NULL);
	struct arena *a = j->a;
	char id[ULID_TEXT_BYTES];
	const char **tags = arena_array_of(a, const char *, 8);
	ulid_new(id);
	tags[0] = arena_printf(a, "node:number=%zu", i);
	tags[1] = arena_printf(a, "node:rack=%zu", i / 100);
	tags[2] = arena_printf(a, "app:on=%zu", i % 2);
	tags[3] = arena_printf(a, "app:color=%s", i % 3 ? "blue" : "red");
	tags[4] = arena_printf(a, "app:version=%zu", i % 10);
	tags[5] = arena_printf(a, "net:zone=%zu", i % 5);
	tags[6] = arena_printf(
	    a, "net:address=10.%zu.%zu.%zu", i >> 16, i >> 8 & 255, i & 255);
	tags[7] = "plain";
	j->instance_enroll =
	    (struct store_instance_enroll){ .token_sha256 = "t",
		    .id = arena_strdup(a, id),
		    .public_key = arena_printf(a, "key-%zu", i),
		    .name = arena_printf(a, "node-%zu", i),
		    .tags = tags,
		    .tags_len = 8,
		    .now = 1 };
	return j;
}

static void
fill(struct store *s, size_t len)
{
	struct store_job *j =
	    store_job_new(STORE_enroll_token_make, -1, NULL, NULL);
	j->enroll_token_make = (struct store_enroll_token_make){ .id = "t",
		.sha256 = "t",
		.deployment = "default",
		.uses = INT64_MAX / 2,
		.expires_at = INT64_MAX / 2 };
	if (store_do(s, j) < 0)
		exit(1);
	store_job_free(&j);
	struct timespec pause = { .tv_nsec = 1000000 };
	for (size_t i = 0; i < len; i++) {
		while (__atomic_load_n(&open_jobs, __ATOMIC_ACQUIRE) > WINDOW)
			nanosleep(&pause, NULL);
		__atomic_fetch_add(&open_jobs, 1, __ATOMIC_RELEASE);
		store_submit(s, instance_job(i));
	}
	while (__atomic_load_n(&open_jobs, __ATOMIC_ACQUIRE) > 0)
		nanosleep(&pause, NULL);
}

static int64_t
now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void
run_query(struct store *s, size_t at)
{
	struct tag_query q = { .match = queries[at].match };
	struct store_page page = { .limit = queries[at].limit };
	struct store_tag_query ask = { .tags = &q };
	struct store_tagged_list l = { 0 };
	struct err e = { 0 };
	int64_t us[ROUNDS];
	for (size_t k = 0; k < 3 && queries[at].tags[k] != NULL; k++) {
		if (tag_query_add(&q, str_from(queries[at].tags[k]), &e) < 0)
			exit(1);
	}
	for (size_t i = 0; i < ROUNDS; i++) {
		struct arena *a = arena_new();
		int64_t start = now_us();
		if (store_tag_query(s, 0, a, &ask, &page, &l, &e) < 0) {
			fprintf(stderr, "bench_tags: %s\n", e.text);
			exit(1);
		}
		us[i] = now_us() - start;
		arena_free(&a);
	}
	qsort(us, ROUNDS, sizeof(*us), by_number);
	printf("%s\"%s\":{\"hits\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f}",
	    at > 0 ? "," : "", queries[at].name, l.len,
	    (double)us[ROUNDS / 2] / 1000,
	    (double)us[ROUNDS * 99 / 100] / 1000);
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	struct store *s = NULL;
	if (argc != 3) {
		fputs("usage: bench_tags INSTANCES DIRECTORY\n", stderr);
		return 2;
	}
	struct store_options o = { .directory = argv[2], .threads = 1 };
	if (store_open(&o, &s, &e) < 0) {
		fprintf(stderr, "bench_tags: %s\n", e.text);
		return 1;
	}
	size_t len = strtoul(argv[1], NULL, 10);
	int64_t start = now_us();
	fill(s, len);
	printf("{\"instances\":%zu,\"fill_s\":%.1f,\"queries\":{", len,
	    (double)(now_us() - start) / 1000000);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++)
		run_query(s, i);
	puts("}}");
	store_close(&s);
	return 0;
}
