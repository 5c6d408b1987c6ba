# SPDX-License-Identifier: MIT
name 't_apt'
version '1.0.0'
depends 'apt'
