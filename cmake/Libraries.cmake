# Outside libraries, as SYSTEM imported targets (their headers are not ours to
# keep warning-free).
find_package(PkgConfig REQUIRED)
foreach(pair "curl=libcurl" "crypto=libcrypto" "jsonc=json-c"
             "git2=libgit2" "archive=libarchive" "yaml=yaml-0.1"
             "event=libevent_core" "eventssl=libevent_openssl"
             "eventthreads=libevent_pthreads" "eventextra=libevent_extra"
             "ssl=openssl" "sqlite=sqlite3" "ruby=ruby-3.1" "crypt=libcrypt")
  string(REPLACE "=" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
endforeach()
