# The language, the warnings and the hardening of every target of ours.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(strict INTERFACE)
target_include_directories(strict INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(strict INTERFACE _GNU_SOURCE
  RIGHTLINK_VERSION="${PROJECT_VERSION}")
target_compile_options(strict INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion
  -Wcast-align -Wstrict-prototypes -Wmissing-prototypes
  -Wmissing-declarations -Wold-style-definition -Wpointer-arith
  -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wdouble-promotion
  -Wnull-dereference -Wimplicit-fallthrough -Wredundant-decls
  -Wnested-externs -Wunused-macros -Wdate-time -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(strict INTERFACE
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init
    -Wformat-signedness -Wformat-overflow=2 -Wformat-truncation=2
    -Wstringop-overflow=4 -Walloc-zero -Walloca -Wtrampolines)
else()
  target_compile_options(strict INTERFACE
    -Wcomma -Wconditional-uninitialized -Wassign-enum
    -Wunreachable-code-aggressive -Wextra-semi-stmt -Wcast-function-type
    -Wmissing-variable-declarations -Wthread-safety)
endif()

if(RIGHTLINK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(RIGHTLINK_SANITIZE)
  if(RIGHTLINK_SANITIZE STREQUAL "address")
    set(kinds address,undefined)
  else()
    set(kinds ${RIGHTLINK_SANITIZE})
  endif()
  add_compile_options(-fsanitize=${kinds} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${kinds})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(strict INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

# room_library(NAME DIR...): one static library of a room from its *.c files,
# main_*.c left out.
function(room_library name)
  cmake_parse_arguments(ROOM "" "" "DIRS;LINK" ${ARGN})
  set(sources)
  foreach(dir ${ROOM_DIRS})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*.c)
    list(APPEND sources ${found})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/(main|module)_[^/]*\\.c$")
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC strict ${ROOM_LINK})
endfunction()
