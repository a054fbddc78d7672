/* What every cmocka test needs, in the order that cmocka wants it. */
#ifndef TESTS_UNIT_CMOCKA_ALL_H
#define TESTS_UNIT_CMOCKA_ALL_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define PR_COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
