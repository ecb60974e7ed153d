// Sets what only the viewer sees: Vary for format=auto, and for private images (TrustedKeyGroups) `private` in
// Cache-Control and a signature on redirects. It runs for each viewer, after the cache, so nothing of this is cached.
//
// `make generate` embeds this file, minified, into template.yaml. CloudFormation replaces the placeholders.
var isPrivate = '${TrustedKeyGroups}' !== '';
var domain = '${DomainName}';
var PARAMETERS = ['Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];

// Percent-encodes a path as ops/links/private_link.py does, whatever the origin's encoding is.
function encodePath(path) {
  return path.split('/').map(function (segment) {
    return encodeURIComponent(decodeURIComponent(segment)).replace(/%(2C|3A|3D)/g, decodeURIComponent);
  }).join('/');
}

// Signs a redirect within the distribution as the request was signed. CloudFront removes its own parameters from the
// request, so a signed URL repeats them, in the order of PARAMETERS, as follow=POLICY.SIGNATURE.KEY.
function sign(location, follow, ownDomain) {
  var found = /^(https:\/\/([^/]+))?(\/(?!\/)[^?#]*)$/.exec(location);
  if (!found || (found[2] && found[2] !== domain && found[2] !== ownDomain)) return location;
  if (!/^[\w~-]+(\.[\w~-]+){2,3}$/.test(follow)) return location;
  var query = '?follow=' + follow;
  follow.split('.').forEach(function (value, i) {
    query += '&' + PARAMETERS[i] + '=' + value;
  });
  return (found[1] || '') + encodePath(found[3]) + query;
}

function handler(event) {
  var request = event.request;
  var headers = event.response.headers;
  var isAuto = 'x-format-auto' in request.headers || /[/,](f|format)(=|%3d)auto[/,]/i.test(request.uri);
  if (isAuto) headers.vary = { value: 'Accept' };
  if (!isPrivate) return event.response;
  var cached = headers['cache-control'];
  if (cached) cached.value = cached.value.replace('public', 'private');
  if (headers.location && request.querystring.follow) {
    try {
      var follow = request.querystring.follow.value;
      headers.location.value = sign(headers.location.value, follow, event.context.distributionDomainName);
    } catch (error) {
      // Not UTF-8: the redirect stays unsigned.
    }
  }
  return event.response;
}
