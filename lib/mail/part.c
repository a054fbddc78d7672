/*
 * part: one MIME part: its decoded bytes, and the line that an attachment gets in the contact.
 */
#include "mail_internal.h"

#include "postroom/utf8.h"

#define FILE_NAME_MAX 120
#define TYPE_MAX      100

bool
pr_mail_part_is(GMimeObject *o, const char *type, const char *subtype)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);

	return ct && g_mime_content_type_is_type(ct, type, subtype);
}

const char *
pr_mail_part_parameter(GMimeObject *o, const char *name)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);
	const char *value = ct ? g_mime_content_type_get_parameter(ct, name) : NULL;

	return value ? value : "";
}

static GMimeDataWrapper *
part_content(GMimeObject *o)
{
	return GMIME_IS_PART(o) ? g_mime_part_get_content((GMimePart *)(void *)o) : NULL;
}

/* GMime drops the last bytes of base64 without its padding; two more '=' bring them out and harm no
 * other. */
static void
base64_decode(GByteArray *encoded, GByteArray *out)
{
	GMimeEncoding state;

	g_mime_encoding_init_decode(&state, GMIME_CONTENT_ENCODING_BASE64);
	g_byte_array_set_size(out, (guint)g_mime_encoding_outlen(&state, encoded->len + 2));
	size_t n = g_mime_encoding_step(&state, (const char *)encoded->data, encoded->len,
					(char *)out->data);
	n += g_mime_encoding_step(&state, "==", 2, (char *)out->data + n);
	g_byte_array_set_size(out, (guint)n);
}

GByteArray *
pr_mail_part_bytes(GMimeObject *o)
{
	GMimeDataWrapper *content = part_content(o);
	GByteArray *bytes = g_byte_array_new();
	if (!content)
		return bytes;
	bool base64 = g_mime_data_wrapper_get_encoding(content) == GMIME_CONTENT_ENCODING_BASE64;
	GByteArray *target = base64 ? g_byte_array_new() : bytes;
	GMimeStream *stream = g_mime_stream_mem_new();

	g_mime_stream_mem_set_byte_array((GMimeStreamMem *)(void *)stream, target);
	if (base64) {
		GMimeStream *source = g_mime_data_wrapper_get_stream(content);
		g_mime_stream_reset(source);
		g_mime_stream_write_to_stream(source, stream);
		base64_decode(target, bytes);
		g_byte_array_free(target, TRUE);
	} else {
		g_mime_data_wrapper_write_to_stream(content, stream);
	}
	g_object_unref(stream);
	return bytes;
}

/* Decoded, without keeping it; of an attached message, as it would be written. */
static size_t
part_size(GMimeObject *o)
{
	GMimeDataWrapper *content = part_content(o);
	GMimeStream *null = g_mime_stream_null_new();

	if (content)
		g_mime_data_wrapper_write_to_stream(content, null);
	else if (GMIME_IS_MESSAGE_PART(o) &&
		 g_mime_message_part_get_message((GMimeMessagePart *)(void *)o))
		g_mime_object_write_to_stream(
		    (GMimeObject *)g_mime_message_part_get_message((GMimeMessagePart *)(void *)o),
		    NULL, null);
	size_t n = ((GMimeStreamNull *)(void *)null)->written;
	g_object_unref(null);
	return n;
}

/* Direction marks and invisible characters: "invoice exe.pdf" may be "invoice fdp.exe" read
 * backwards. */
static bool
is_trick(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff ||
	       cp == 0xad;
}

static struct pr_str
file_name(const char *given, struct pr_arena *a)
{
	struct pr_str name = pr_mail_clean_line(given, a), kept;
	char *p = pr_arena_alloc(a, name.n + 1);
	size_t n = 0;
	uint32_t cp;

	for (size_t len; (len = pr_utf8_decode(name, &cp)) > 0;
	     name = pr_str_sub(name, len, name.n)) {
		if (cp == '/' || cp == '\\') {
			n = 0; /* only the last step of a path is a name */
		} else if (!is_trick(cp)) {
			memcpy(p + n, name.p, len);
			n += len;
		}
	}
	kept = pr_str_trim(pr_utf8_clip(pr_str_n(p, n), FILE_NAME_MAX));
	while (kept.n > 0 && (kept.p[kept.n - 1] == '.' || kept.p[kept.n - 1] == ' '))
		kept.n--;
	return kept;
}

static struct pr_str
mime_type(GMimeObject *o, struct pr_arena *a)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);
	char *type = ct ? g_mime_content_type_get_mime_type(ct) : NULL;
	struct pr_str clean = pr_mail_clean_line(type ? type : "application/octet-stream", a);
	char *p = pr_arena_dup_c(a, pr_utf8_clip(clean, TYPE_MAX));

	g_free(type);
	for (char *ch = p; *ch; ch++)
		*ch = (char)(*ch == ' ' ? '_' : *ch >= 'A' && *ch <= 'Z' ? *ch + ('a' - 'A') : *ch);
	return pr_str_c(p);
}

const char *
pr_mail_part_name(GMimeObject *o)
{
	const char *name =
	    GMIME_IS_PART(o) ? g_mime_part_get_filename((GMimePart *)(void *)o) : NULL;

	if (!name)
		name = g_mime_object_get_content_disposition_parameter(o, "filename");
	return name ? name : pr_mail_part_parameter(o, "name");
}

/* An attached message is called by its subject. */
static struct pr_str
attachment_name(GMimeObject *o, struct pr_arena *a)
{
	struct pr_str name = file_name(pr_mail_part_name(o), a);

	if (name.n > 0 || !GMIME_IS_MESSAGE_PART(o))
		return name;
	GMimeMessage *inner = g_mime_message_part_get_message((GMimeMessagePart *)(void *)o);
	name = file_name(inner ? g_mime_message_get_subject(inner) : NULL, a);
	return name.n > 0 ? pr_arena_printf(a, PR_S_FMT ".eml", PR_S(name)) : name;
}

void
pr_mail_attachment_add(GMimeObject *o, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_str type = mime_type(o, a), name = attachment_name(o, a);
	struct pr_str line =
	    pr_arena_printf(a, "%zu " PR_S_FMT " " PR_S_FMT, part_size(o), PR_S(type), PR_S(name));

	pr_contact_list_add(c, PR_CONTACT_FIELD(attachments), a, pr_str_trim(line));
}
