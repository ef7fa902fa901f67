root /usr/share/enerlink;
include /etc/nginx/headers.conf;
etag on;

# Where chain and services are. Mounted by who runs it.
location = /config.json {
    root /etc/enerlink;
    include /etc/nginx/headers.conf;
    add_header Cache-Control no-cache always;
}

# Names of built files change with their content.
location /assets/ {
    include /etc/nginx/headers.conf;
    add_header Cache-Control "public, max-age=31536000, immutable" always;
    try_files $uri =404;
}

# What the builder notes for itself.
location ~ /\. {
    return 404;
}

# `/market` is answered with market.html; every place that a browser goes to is the dApp's to know.
location / {
    include /etc/nginx/headers.conf;
    add_header Cache-Control no-cache always;
    try_files $uri $uri.html /index.html;
}
