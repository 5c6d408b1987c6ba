/* SPDX-License-Identifier: MIT */
/* Unpacking a tar archive (plain, gzip, bzip2, xz, zstd) into a stage. */
#pragma once

#include "cookbooks-cache/stage.h"

/* Reads from the descriptor's offset to the end of the archive. ERR_SYNTAX:
 * no tar archive, or cut off. ERR_INVALID, ERR_LIMIT: an entry that is
 * refused, named. Devices and FIFOs are refused. */
int extract_tar(int fd, struct stage *s, struct err *e) MUST_CHECK;
