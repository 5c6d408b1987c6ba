name 'demo'
version '1.0.0'
description 'The web server of the demo bundle'
supports 'debian'
