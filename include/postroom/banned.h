/*
 * banned: functions that do not compile in this tree, in the manner of git's header of that name.
 * The Makefile includes it into every translation unit (-include).
 */
#ifndef POSTROOM_BANNED_H
#define POSTROOM_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PR_BANNED(func) sorry_##func##_is_a_banned_function

#undef strcpy
#define strcpy(x, y) PR_BANNED(strcpy)
#undef strcat
#define strcat(x, y) PR_BANNED(strcat)
#undef strncpy
#define strncpy(x, y, n) PR_BANNED(strncpy)
#undef strncat
#define strncat(x, y, n) PR_BANNED(strncat)
#undef strtok
#define strtok(x, y) PR_BANNED(strtok)
#undef sprintf
#define sprintf(...) PR_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) PR_BANNED(vsprintf)
#undef gets
#define gets(x) PR_BANNED(gets)
#undef atoi
#define atoi(x) PR_BANNED(atoi)
#undef atol
#define atol(x) PR_BANNED(atol)
#undef atof
#define atof(x) PR_BANNED(atof)
#undef gmtime
#define gmtime(t) PR_BANNED(gmtime)
#undef localtime
#define localtime(t) PR_BANNED(localtime)
#undef ctime
#define ctime(t) PR_BANNED(ctime)
#undef asctime
#define asctime(t) PR_BANNED(asctime)
#undef system
#define system(x) PR_BANNED(system)

#endif
