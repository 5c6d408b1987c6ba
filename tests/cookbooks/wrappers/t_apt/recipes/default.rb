# SPDX-License-Identifier: MIT
apt_repository 'demo' do
  uri 'http://packages.example.com/debian'
  distribution 'bookworm'
  components ['main']
  cache_rebuild false
end

apt_preference 'demo' do
  pin 'version 1.0*'
  pin_priority '700'
end
