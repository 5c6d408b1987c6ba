/* SPDX-License-Identifier: MIT */
/* Bytes of a stream into frames, then each frame against the tables. */
#include <sys/mman.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/fsat.h"
#include "tests/fuzz/fuzz.h"
#include "wire/frames.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FD int fd = memfd_create("stream", MFD_CLOEXEC);
	ASSERT(fd >= 0);
	int rc = fd_write_all(fd, data, size, NULL);
	ASSERT(rc == 0 && lseek(fd, 0, SEEK_SET) == 0);
	AUTO(frame_reader_release) struct frame_reader r;
	frame_reader_init(&r);
	while (frame_reader_fill(&r, fd, NULL) > 0) {
		for (;;) {
			AUTO(jsn_free) struct jsn *frame = NULL;
			rc = frame_reader_next(&r, &frame, NULL);
			if (rc < 0)
				return 0;
			if (rc == 0)
				break;
			const char *type = jsn_peek_str(frame, "type", NULL);
			ASSERT(type != NULL);
			const struct wire_request *request;
			const struct wire_event *event;
			if (wire_frame_find(type) != NULL)
				(void)!wire_frame_check(type, frame, NULL);
			(void)!wire_request_check(frame, &request, NULL);
			(void)!wire_event_check(frame, &event, NULL);
		}
	}
	return 0;
}
