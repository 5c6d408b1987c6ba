#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for a service that Debian 12 starts by systemd alone: remembers
# whether it was started. Installed as /etc/init.d/NAME.
### BEGIN INIT INFO
# Provides:          stand-in
# Required-Start:
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
### END INIT INFO
mark=/run/$(basename "$0").started
case $1 in
start | restart | reload | force-reload) touch "$mark" ;;
stop) rm -f "$mark" ;;
status) test -e "$mark" || exit 3 ;;
esac
