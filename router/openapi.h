/* SPDX-License-Identifier: MIT */
/* wire/tbl/api.h as an OpenAPI 3.0 document. */
#pragma once

#include "common/base.h"

/* JSON text; the caller frees. url: of the server. */
char *openapi_new(const char *url);
