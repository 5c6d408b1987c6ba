# SPDX-License-Identifier: MIT
hostsfile_entry '10.9.8.7' do
  hostname 'db1.example.com'
  aliases ['db1']
  unique true
end

hostsfile_entry '10.9.8.8' do
  hostname 'db2.example.com'
  action :append
end
