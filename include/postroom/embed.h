/*
 * embed: a file of the source tree inside the program, as bytes.
 *
 *     PR_EMBED(queue_lua, "lib/core/queue.lua");
 *     struct pr_str code = PR_EMBEDDED(queue_lua);
 *
 * The path is seen from the top of the tree. A NUL that is not counted follows the bytes. The
 * compiler's list of dependencies does not know of the file: the Makefile needs a line `<object>:
 * <file>`.
 */
#ifndef POSTROOM_EMBED_H
#define POSTROOM_EMBED_H

#include "postroom/str.h"

/* clang-format off */
#define PR_EMBED(symbol, path)                                                  \
	__asm__(".pushsection .rodata.pr_embed, \"a\", %progbits\n"             \
		".balign 16\n"                                                  \
		".global pr_embed_" #symbol "\n"                                \
		".hidden pr_embed_" #symbol "\n"                                \
		"pr_embed_" #symbol ":\n"                                       \
		".incbin \"" path "\"\n"                                        \
		".global pr_embed_" #symbol "_end\n"                            \
		".hidden pr_embed_" #symbol "_end\n"                            \
		"pr_embed_" #symbol "_end:\n"                                   \
		".byte 0\n"                                                     \
		".popsection\n");                                               \
	extern const char pr_embed_##symbol[], pr_embed_##symbol##_end[]
/* clang-format on */

#define PR_EMBEDDED(symbol)                                                                        \
	pr_str_n(pr_embed_##symbol, (size_t)(pr_embed_##symbol##_end - pr_embed_##symbol))

#endif
