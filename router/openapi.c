/* SPDX-License-Identifier: MIT */
/* Every route, field and shape of the table, in OpenAPI's words. */
#include "router/openapi.h"

#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/jsn.h"
#include "wire/api.h"

#define DOCUMENT_MAX_BYTES ((size_t)4 << 20)
#define REF "#/components/schemas/"

static struct jsn *
new_type(const char *type)
{
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "type", type);
	return o;
}

static struct jsn *
new_ref(const char *name)
{
	struct jsn *o = jsn_new_object();
	char *text = xasprintf(REF "%s", name);
	jsn_set_str(o, "$ref", text);
	free(text);
	return o;
}

static struct jsn *
list_of(struct jsn *items)
{
	struct jsn *o = new_type("array");
	jsn_set(o, "items", items);
	return o;
}

static struct jsn *
new_words(const char *words)
{
	struct jsn *o = new_type("string"), *list = jsn_new_array();
	struct str rest = str_from(words), word;
	while (str_split(&rest, '|', &word))
		jsn_push(list, jsn_new_string(word));
	jsn_set(o, "enum", list);
	return o;
}

static struct jsn *
schema_of_field(const struct wire_field *f)
{
	switch (f->type) {
	case WIRE_STRING:
		return new_type("string");
	case WIRE_INT: {
		struct jsn *o = new_type("integer");
		jsn_set_str(o, "format", "int64");
		return o;
	}
	case WIRE_NUMBER:
		return new_type("number");
	case WIRE_BOOL:
		return new_type("boolean");
	case WIRE_OBJECT:
		return new_type("object");
	case WIRE_ARRAY:
		return list_of(jsn_new_object());
	case WIRE_STRINGS:
		return list_of(new_type("string"));
	case WIRE_OBJECTS:
		return list_of(new_ref(f->of->name));
	case WIRE_ENUM:
		return new_words(f->words);
	case WIRE_ANY:
		break;
	}
	return jsn_new_object();
}

static struct jsn *
schema_of_fields(const struct wire_field *fields)
{
	struct jsn *o = new_type("object"), *members = jsn_new_object();
	struct jsn *needed = jsn_new_array();
	for (const struct wire_field *f = fields; f->name != NULL; f++) {
		struct jsn *member = schema_of_field(f);
		jsn_set_str(member, "description", f->prose);
		jsn_set(members, f->name, member);
		if (f->need == WIRE_NEED)
			jsn_push_str(needed, f->name);
	}
	jsn_set(o, "properties", members);
	if (jsn_len(needed) > 0)
		jsn_set(o, "required", needed);
	else
		jsn_free(&needed);
	return o;
}

static struct jsn *
schemas(void)
{
	struct jsn *all = jsn_new_object();
	for (size_t i = 0; i < wire_api_shapes_len; i++) {
		const struct wire_shape *s = wire_api_shapes[i];
		struct jsn *o = schema_of_fields(s->fields);
		jsn_set_str(o, "description", s->prose);
		jsn_set(all, s->name, o);
	}
	static const struct wire_field error[] = {
		{ .name = "code",
		    .type = WIRE_STRING,
		    .need = WIRE_NEED,
		    .prose = "ERR_LIMIT and the like" },
		{ .name = "message",
		    .type = WIRE_STRING,
		    .need = WIRE_NEED,
		    .prose = "what failed and what to do" },
		{ .name = NULL },
	};
	struct jsn *inner = jsn_new_object(), *outer = new_type("object");
	jsn_set(inner, "error", schema_of_fields(error));
	jsn_set(outer, "properties", inner);
	jsn_set(all, "error", outer);
	return all;
}

/* --- a route ----------------------------------------------------------- */

static struct jsn *
new_parameter(const char *name, const char *in, bool needed, struct jsn *schema,
    const char *prose)
{
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "name", name);
	jsn_set_str(o, "in", in);
	jsn_set_bool(o, "required", needed);
	if (prose != NULL)
		jsn_set_str(o, "description", prose);
	jsn_set(o, "schema", schema);
	return o;
}

static struct jsn *
parameters_of(const struct wire_route *r)
{
	struct jsn *list = jsn_new_array();
	for (const char *p = strchr(r->path, '{'); p != NULL;
	     p = strchr(p, '{')) {
		size_t len = strcspn(++p, "}");
		char *name = xstrndup(p, len);
		jsn_push(list, new_parameter(name, "path", true,
				   new_type("string"), NULL));
		free(name);
	}
	for (const struct wire_field *f = r->query.fields; f->name != NULL; f++)
		jsn_push(
		    list, new_parameter(f->name, "query", f->need == WIRE_NEED,
			      schema_of_field(f), f->prose));
	return list;
}

static const char *
media_type(enum api_content content)
{
	switch (content) {
	case API_CONTENT_JSON:
		return "application/json";
	case API_CONTENT_BYTES:
		return "application/octet-stream";
	case API_CONTENT_TEXT:
		return "text/plain";
	case API_CONTENT_EVENTS:
		return "text/event-stream";
	case API_CONTENT_NONE:
		break;
	}
	return NULL;
}

static void
set_content(
    struct jsn *o, enum api_content content, const struct wire_shape *shape)
{
	if (media_type(content) == NULL)
		return;
	struct jsn *types = jsn_new_object(), *type = jsn_new_object();
	struct jsn *schema = NULL;
	if (content == API_CONTENT_JSON) {
		schema = schema_of_fields(shape->fields);
	} else {
		schema = new_type("string");
		if (content == API_CONTENT_BYTES)
			jsn_set_str(schema, "format", "binary");
	}
	jsn_set(type, "schema", schema);
	jsn_set(types, media_type(content), type);
	jsn_set(o, "content", types);
}

static struct jsn *
responses_of(const struct wire_route *r)
{
	struct jsn *all = jsn_new_object(), *good = jsn_new_object();
	struct jsn *bad = jsn_new_object(), *types = jsn_new_object();
	struct jsn *type = jsn_new_object();
	jsn_set_str(good, "description", "done");
	if (!text_eq(r->method, "HEAD"))
		set_content(good, r->out, &r->reply);
	jsn_set(all, "2XX", good);
	jsn_set(type, "schema", new_ref("error"));
	jsn_set(types, "application/json", type);
	jsn_set_str(bad, "description", "what went wrong");
	jsn_set(bad, "content", types);
	jsn_set(all, "default", bad);
	return all;
}

static void
push_security(struct jsn *list, const char *name)
{
	struct jsn *o = jsn_new_object();
	jsn_set(o, name, jsn_new_array());
	jsn_push(list, o);
}

static struct jsn *
security_of(const struct wire_route *r)
{
	struct jsn *list = jsn_new_array();
	if (r->auth == API_AUTH_INSTANCE || r->auth == API_AUTH_ANY)
		push_security(list, "instance");
	if (r->auth == API_AUTH_OPERATOR || r->auth == API_AUTH_ANY)
		push_security(list, "operator");
	return list;
}

static struct jsn *
operation_of(const struct wire_route *r)
{
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "operationId", r->name);
	jsn_set_str(o, "summary", r->prose);
	if (r->scope[0] != '\0')
		jsn_set_str(o, "x-scope", r->scope);
	jsn_set(o, "parameters", parameters_of(r));
	if (r->in != API_CONTENT_NONE) {
		struct jsn *body = jsn_new_object();
		jsn_set_bool(body, "required", true);
		set_content(body, r->in, &r->request);
		jsn_set(o, "requestBody", body);
	}
	jsn_set(o, "responses", responses_of(r));
	jsn_set(o, "security", security_of(r));
	return o;
}

static struct jsn *
paths(void)
{
	struct jsn *all = jsn_new_object();
	for (size_t i = 0; i < API_ROUTES; i++) {
		const struct wire_route *r = &wire_routes[i];
		struct jsn *path = jsn_get(all, r->path);
		if (path == NULL) {
			path = jsn_new_object();
			jsn_set(all, r->path, path);
		}
		char method[16] = "";
		for (size_t k = 0; r->method[k] != '\0'; k++)
			method[k] = (char)(r->method[k] | 0x20);
		jsn_set(path, method, operation_of(r));
	}
	return all;
}

static struct jsn *
bearer(const char *prose)
{
	struct jsn *o = new_type("http");
	jsn_set_str(o, "scheme", "bearer");
	jsn_set_str(o, "description", prose);
	return o;
}

char *
openapi_new(const char *url)
{
	AUTO(jsn_free) struct jsn *doc = jsn_new_object();
	AUTO_BUF struct buf text = BUF_INIT(DOCUMENT_MAX_BYTES);
	struct jsn *info = jsn_new_object(), *server = jsn_new_object();
	struct jsn *servers = jsn_new_array(), *parts = jsn_new_object();
	struct jsn *security = jsn_new_object();
	jsn_set_str(doc, "openapi", "3.0.3");
	jsn_set_str(info, "title", "RightLink router");
	jsn_set_str(info, "version", RIGHTLINK_VERSION);
	jsn_set(doc, "info", info);
	jsn_set_str(server, "url", url);
	jsn_push(servers, server);
	jsn_set(doc, "servers", servers);
	jsn_set(doc, "paths", paths());
	jsn_set(security, "instance",
	    bearer("access token of an instance, from /v1/oauth2/token"));
	jsn_set(security, "operator",
	    bearer("token of an operator, with the scope of x-scope"));
	jsn_set(parts, "schemas", schemas());
	jsn_set(parts, "securitySchemes", security);
	jsn_set(doc, "components", parts);
	jsn_format(doc, JSN_PLAIN, &text);
	buf_add_char(&text, '\n');
	return buf_take(&text);
}
