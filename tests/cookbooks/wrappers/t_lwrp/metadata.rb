# SPDX-License-Identifier: MIT
name 't_lwrp'
version '1.0.0'
depends 'hostsfile'
