/* SPDX-License-Identifier: MIT */
/* Memory of a long-lived process that has settled. */
#pragma once

#include "common/base.h"

/*
 * Gives back what only the start needed: free heap, and the pages of program
 * text that are mapped in (they stay in the page cache and come back when they
 * are run again). Once, when the process begins to wait; costs some page
 * faults.
 */
void trim_memory(void);
