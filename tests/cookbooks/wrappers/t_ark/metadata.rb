# SPDX-License-Identifier: MIT
name 't_ark'
version '1.0.0'
depends 'ark'
