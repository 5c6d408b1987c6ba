/* SPDX-License-Identifier: MIT */
/*
 * Functions that this project does not use: unbounded, not thread-safe, or
 * replaced by a room's own word. Calling one does not compile. Included by
 * common/base.h, after the headers that declare them.
 */
#pragma once

#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#undef alloca
#undef strtok_r
#define alloca(...) banned_alloca
#define asctime(...) banned_asctime
#define atoi(...) banned_atoi
#define ctime(...) banned_ctime
#define gets(...) banned_gets
#define gmtime(...) banned_gmtime
#define localtime(...) banned_localtime
#define mktemp(...) banned_mktemp
#define popen(...) banned_popen
#define signal(...) banned_signal
#define sleep(...) banned_sleep
#define sprintf(...) banned_sprintf
#define strcat(...) banned_strcat
#define strcpy(...) banned_strcpy
#define strerror(...) banned_strerror
#define strncat(...) banned_strncat
#define strncpy(...) banned_strncpy
#define strtok(...) banned_strtok
#define strtok_r(...) banned_strtok_r
#define system(...) banned_system
#define tempnam(...) banned_tempnam
