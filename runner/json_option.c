/* SPDX-License-Identifier: MIT */
/* Attributes and parameters from the command line. */
#include "runner/json_option.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"

static int
load(const char *text, struct jsn **ret_value, struct err *e)
{
	if (text[0] == '{')
		return jsn_parse(str_from(text), "the object",
		    JSON_OPTION_MAX_BYTES, ret_value, e);
	if (!text_eq(text, "-"))
		return jsn_load(
		    AT_FDCWD, text, JSON_OPTION_MAX_BYTES, ret_value, e);
	AUTO_BUF struct buf input = BUF_INIT(JSON_OPTION_MAX_BYTES);
	int rc = fd_read_all(STDIN_FILENO, JSON_OPTION_MAX_BYTES, &input, e);
	if (rc < 0)
		return rc;
	return jsn_parse((struct str){ input.data, input.len },
	    "standard input", JSON_OPTION_MAX_BYTES, ret_value, e);
}

int
json_option_load(const char *text, struct jsn **ret_value, struct err *e)
{
	if (text == NULL)
		return 0;
	AUTO(jsn_free) struct jsn *value = NULL;
	if (load(text, &value, e) < 0)
		return err_wrap(e, "--json");
	if (jsn_type(value) != JSN_OBJECT)
		return err_set(e, ERR_INVALID,
		    "--json: '%.100s' must hold an object", text);
	*ret_value = TAKE(value);
	return 0;
}

int
parameters_parse(
    const struct option_list *words, struct jsn **ret_value, struct err *e)
{
	if (words->len == 0)
		return 0;
	AUTO(jsn_free) struct jsn *value = jsn_new_object();
	for (size_t i = 0; i < words->len; i++) {
		const char *word = words->list[i], *sign = strchr(word, '=');
		if (sign == NULL || sign == word)
			return err_set(e, ERR_INVALID,
			    "--param '%.100s': must be NAME=VALUE", word);
		char *name = xstrndup(word, (size_t)(sign - word));
		jsn_set_str(value, name, sign + 1);
		free(name);
	}
	*ret_value = TAKE(value);
	return 0;
}
