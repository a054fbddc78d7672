/* contact_json: a contact from a JSON object. */
#include "tools/contact_json.h"

#include "postroom/cleanup.h"
#include "postroom/phone.h"

struct pr_str
pr_json_text(const json_t *v)
{
	return json_is_string(v) ? pr_str_n(json_string_value(v), json_string_length(v))
				 : PR_STR_NONE;
}

static void
set(const json_t *in, const char *name, const struct pr_contact_field *f, struct pr_arena *a,
    struct pr_contact *c)
{
	pr_contact_text_set(c, f, a, pr_json_text(json_object_get(in, name)));
}

static void
read_sender(struct pr_str from, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_phone phone = pr_phone_parse(from);

	if (phone.kind == PR_PHONE_E164)
		pr_contact_text_set(c, PR_CONTACT_FIELD(from_phone), a, pr_str_c(phone.text));
	else
		pr_contact_text_set(c, PR_CONTACT_FIELD(from_email), a, from);
}

static void
read_form(json_t *form, struct pr_arena *a, struct pr_contact *c)
{
	const char *name;
	json_t *v;

	json_object_foreach(form, name, v)
	{
		PR_AUTO_BUF struct pr_buf b;

		pr_buf_init(&b, (size_t)64 << 10);
		pr_buf_add_c(&b, name);
		pr_buf_add_char(&b, '=');
		pr_buf_add_str(&b, pr_json_text(v));
		pr_contact_list_add(c, PR_CONTACT_FIELD(form), a, pr_buf_str(&b));
	}
}

void
pr_contact_json(const json_t *in, struct pr_arena *a, struct pr_contact *c)
{
	set(in, "channel", PR_CONTACT_FIELD(channel), a, c);
	set(in, "account", PR_CONTACT_FIELD(account), a, c);
	set(in, "from_name", PR_CONTACT_FIELD(from_name), a, c);
	set(in, "subject", PR_CONTACT_FIELD(subject), a, c);
	set(in, "text", PR_CONTACT_FIELD(text), a, c);
	c->new_text = c->text;
	c->automated = PR_STR("no");
	read_sender(pr_json_text(json_object_get(in, "from")), a, c);
	read_form(json_object_get(in, "form"), a, c);
}
