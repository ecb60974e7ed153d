// Rewrites the transform of a request to its canonical form and resolves format=auto, before the cache lookup, so that
// the cache and the bucket know each derivative by one name. A malformed transform is left as it is: the origin answers
// with 400. tests/edge compares the results with those of functions/grammar.
//
// `make generate` embeds this file, minified, into template.yaml. CloudFormation replaces the placeholders.
var allowedTypes = '${AllowedTypes}'.split(',');
var presets = '${Presets}'.split(';');
var ladder = '${SizeLadder}'.split(',').map(Number).sort(function (a, b) {
  return a - b;
});

// The options: name, alias, syntax, default, needs (functions/grammar/options.py).
var TABLE = [
  // generated: options
  'width w 1..16383',
  'height h 1..16383',
  'aspect ar ratio  w+!h/h+!w/!w+!h+fit=cover/!w+!h+fit=fill/!w+!h+fit=pad',
  'fit  contain|scale-down>contain|cover|crop>cover|fill|pad|upscale contain w+h/ar/w+fit=upscale/h+fit=upscale',
  'gravity g compass|auto|0.000..1:0.000..1 center fit=cover/fit=pad',
  'crop  0..65535:0..65535:1..65535:1..65535|fraction:fraction:fraction:fraction',
  'trim  0..254',
  'rotate  angle 0',
  'flip  h|v|hv|vh>hv',
  'orient  auto|none auto',
  'blur  0.3..250',
  'sharpen  0.1..10',
  'pixelate  2..1000',
  'brightness  0.00..4 1',
  'contrast  0.00..4 1',
  'gamma  0.10..10 1',
  'saturation  0.00..4 1 !gray=true',
  'gray  true|false false',
  'tint  colour',
  'background bg colour',
  'watermark wm file',
  'wm_gravity wm_g compass|0.000..1:0.000..1 southeast wm+!wm_tile=true',
  'wm_scale  0.01..1 0.2 wm',
  'wm_margin  0.000..0.4 0.02 wm',
  'wm_opacity  0.01..1 1 wm',
  'wm_tile  true|false false wm',
  'text  base64url',
  'text_gravity text_g compass|0.000..1:0.000..1 south text',
  'text_size  4..1000|fraction 0.06 text',
  'text_margin  0.000..0.4 0.02 text',
  'text_color  colour ffffff text',
  'border  1..1000:colour',
  'radius  1..8192|max',
  'opacity  0.00..1 1',
  'quality q 1..100|auto',
  'max_bytes  500..20000000',
  'lossless  true|false false',
  'progressive  true|false false',
  'metadata  none|copyright|all none',
  'profile  srgb|keep srgb',
  'frame  0..999',
  'animate  true|false true !frame',
  'format f jpeg|jpg>jpeg|png|webp|avif|gif|jxl|auto|json',
  'dpr  1.00..4 1 w/h',
  'download  file',
  'version v name',
  'signature s signature'
  // end of generated
];

// The names of colours and their digits (functions/grammar/colours.py).
var COLOURS =
  // generated: colours
  ' aliceblue=f0f8ff antiquewhite=faebd7 aqua=0ff aquamarine=7fffd4 azure=f0ffff beige=f5f5dc bisque=ffe4c4' +
  ' black=000 blanchedalmond=ffebcd blue=00f blueviolet=8a2be2 brown=a52a2a burlywood=deb887 cadetblue=5f9ea0' +
  ' chartreuse=7fff00 chocolate=d2691e coral=ff7f50 cornflowerblue=6495ed cornsilk=fff8dc crimson=dc143c' +
  ' cyan=0ff darkblue=00008b darkcyan=008b8b darkgoldenrod=b8860b darkgray=a9a9a9 darkgreen=006400' +
  ' darkkhaki=bdb76b darkmagenta=8b008b darkolivegreen=556b2f darkorange=ff8c00 darkorchid=9932cc' +
  ' darkred=8b0000 darksalmon=e9967a darkseagreen=8fbc8f darkslateblue=483d8b darkslategray=2f4f4f' +
  ' darkturquoise=00ced1 darkviolet=9400d3 deeppink=ff1493 deepskyblue=00bfff dimgray=696969' +
  ' dodgerblue=1e90ff firebrick=b22222 floralwhite=fffaf0 forestgreen=228b22 fuchsia=f0f gainsboro=dcdcdc' +
  ' ghostwhite=f8f8ff gold=ffd700 goldenrod=daa520 gray=808080 green=008000 greenyellow=adff2f' +
  ' honeydew=f0fff0 hotpink=ff69b4 indianred=cd5c5c indigo=4b0082 ivory=fffff0 khaki=f0e68c lavender=e6e6fa' +
  ' lavenderblush=fff0f5 lawngreen=7cfc00 lemonchiffon=fffacd lightblue=add8e6 lightcoral=f08080' +
  ' lightcyan=e0ffff lightgoldenrodyellow=fafad2 lightgray=d3d3d3 lightgreen=90ee90 lightpink=ffb6c1' +
  ' lightsalmon=ffa07a lightseagreen=20b2aa lightskyblue=87cefa lightslategray=789 lightsteelblue=b0c4de' +
  ' lightyellow=ffffe0 lime=0f0 limegreen=32cd32 linen=faf0e6 magenta=f0f maroon=800000' +
  ' mediumaquamarine=66cdaa mediumblue=0000cd mediumorchid=ba55d3 mediumpurple=9370db mediumseagreen=3cb371' +
  ' mediumslateblue=7b68ee mediumspringgreen=00fa9a mediumturquoise=48d1cc mediumvioletred=c71585' +
  ' midnightblue=191970 mintcream=f5fffa mistyrose=ffe4e1 moccasin=ffe4b5 navajowhite=ffdead navy=000080' +
  ' oldlace=fdf5e6 olive=808000 olivedrab=6b8e23 orange=ffa500 orangered=ff4500 orchid=da70d6' +
  ' palegoldenrod=eee8aa palegreen=98fb98 paleturquoise=afeeee palevioletred=db7093 papayawhip=ffefd5' +
  ' peachpuff=ffdab9 peru=cd853f pink=ffc0cb plum=dda0dd powderblue=b0e0e6 purple=800080 rebeccapurple=639' +
  ' red=f00 rosybrown=bc8f8f royalblue=4169e1 saddlebrown=8b4513 salmon=fa8072 sandybrown=f4a460' +
  ' seagreen=2e8b57 seashell=fff5ee sienna=a0522d silver=c0c0c0 skyblue=87ceeb slateblue=6a5acd' +
  ' slategray=708090 snow=fffafa springgreen=00ff7f steelblue=4682b4 tan=d2b48c teal=008080 thistle=d8bfd8' +
  ' tomato=ff6347 turquoise=40e0d0 violet=ee82ee wheat=f5deb3 white=fff whitesmoke=f5f5f5 yellow=ff0' +
  ' yellowgreen=9acd32 transparent=0000'
  // end of generated
;

// The kinds of functions/grammar/syntax.py: each returns the canonical text of a value, or null.
var KINDS = {
  fraction: function (text) {
    return /^(0\.[0-9]{1,4}|1\.0{1,4})$/.test(text) ? text.replace(/0+$/, '').replace(/\.$/, '.0') : null;
  },
  ratio: function (text) {
    var found = /^([1-9][0-9]{0,3}):([1-9][0-9]{0,3})$/.exec(text);
    if (!found) return null;
    for (var a = Number(found[1]), b = Number(found[2]), rest; b; b = rest) {
      rest = a % b;
      a = b;
    }
    return found[1] / a + ':' + found[2] / a;
  },
  colour: function (text) {
    var digits = text.toLowerCase();
    if (/^[a-z]{3,}$/.test(digits)) {
      var at = COLOURS.indexOf(' ' + digits.replace('grey', 'gray') + '=');
      if (at >= 0) digits = COLOURS.slice(COLOURS.indexOf('=', at) + 1).split(' ')[0];
    }
    if (!/^([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.test(digits)) return null;
    if (digits.length < 5) digits = digits.replace(/./g, '$&$&');
    return digits.length === 8 && digits.slice(6) === 'ff' ? digits.slice(0, 6) : digits;
  },
  angle: function (text) {
    var degrees = number('-360.0..360', text);
    return degrees && String((Math.round(degrees * 10) + 3600) % 3600 / 10);
  },
  compass: function (text) {
    var point = text.toLowerCase().replace('top', 'north').replace('bottom', 'south').replace('left', 'west');
    point = point.replace('right', 'east').replace('centre', 'center').replace(/th-(?=[ew])/, 'th');
    return /^(center|(north|south)(east|west)?|east|west)$/.test(point) ? point : null;
  },
  name: matching(/^[A-Za-z0-9._-]{1,40}$/),
  signature: matching(/^[\w-]{1,64}$/),
  file: matching(/^(?!\.)[A-Za-z0-9._-]{1,64}$/),
  base64url: matching(/^(?=.{2,100}$)([\w-]{4})*([\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/)
};

function matching(pattern) {
  return function (text) {
    return pattern.test(text) ? text : null;
  };
}

// Numbers have at most as many decimals as the lower bound is written with.
function number(range, text) {
  var bounds = range.split('..');
  var found = /^-?(0|[1-9][0-9]*)(\.([0-9]+))?$/.exec(text);
  var places = (bounds[0].split('.')[1] || '').length;
  if (!found || (found[3] || '').length > places) return null;
  return Number(text) < Number(bounds[0]) || Number(text) > Number(bounds[1]) ? null : String(Number(text));
}

// One atom of the syntax: a kind, a range or a word.
function atom(kind, text) {
  if (KINDS[kind]) return KINDS[kind](text);
  if (kind.indexOf('..') >= 0) return number(kind, text);
  var words = kind.split('>');
  return text.toLowerCase() === words[0] ? words[words.length - 1] : null;
}

// Atoms separated by colons.
function list(kinds, texts) {
  if (kinds.length !== texts.length) return null;
  for (var i = 0; i < kinds.length; i++) {
    texts[i] = atom(kinds[i], texts[i]);
    if (texts[i] === null) return null;
  }
  return texts.join(':');
}

// The canonical text of a value, or null.
function value(syntax, text) {
  var alternatives = syntax.split('|');
  for (var i = 0; i < alternatives.length; i++) {
    var kind = KINDS[alternatives[i]];
    var found = kind ? kind(text) : list(alternatives[i].split(':'), text.split(':'));
    if (found !== null) return found;
  }
  return null;
}

// Adds a value under its alias; without a text, `gray` is `gray=true`. Returns false if the name or value is invalid, or
// the option is already set.
function put(values, name, text) {
  for (var i = 0; i < TABLE.length; i++) {
    if (TABLE[i].indexOf(name + ' ') < 0) continue; // cheaper than splitting every line
    var option = TABLE[i].split(' ');
    var alias = option[1] || option[0];
    if (name !== option[0] && name !== alias) continue;
    if (text === undefined) text = option[2] === 'true|false' ? 'true' : '';
    var found = value(option[2], text);
    if (found === null || values[alias] !== undefined) return false;
    values[alias] = found;
    return true;
  }
  return false;
}

// Parses a transform to its values by alias. Returns null if it is malformed.
function parse(segment, presets) {
  var values = {};
  var preset = null;
  var parts = segment.split(',');
  if (/[^!-~]/.test(segment)) return null; // the lower case of some letters is ASCII
  for (var i = 0; i < parts.length; i++) {
    var size = /^([0-9]*)x([0-9]*)$/.exec(parts[i]);
    var equals = parts[i].indexOf('=');
    if (parts[i].indexOf('preset=') === 0) {
      var named = presets.filter(function (text) {
        return text.split(':')[0] === parts[i].slice(equals + 1);
      })[0];
      if (preset || !named) return null;
      preset = parse(named.slice(named.indexOf(':') + 1), []);
      if (!preset) return null;
    } else if (size && parts[i] !== 'x') {
      if (size[1] && !put(values, 'w', size[1])) return null;
      if (size[2] && !put(values, 'h', size[2])) return null;
    } else if (equals < 0) {
      if (parts.length < 2 || !put(values, parts[i])) return null; // alone it may be a folder
    } else if (!put(values, parts[i].slice(0, equals), parts[i].slice(equals + 1))) {
      return null;
    }
  }
  for (var alias in preset) {
    if (values[alias] === undefined) values[alias] = preset[alias];
  }
  return values;
}

// Returns the best format that the Accept header names and the deployment allows, or 'auto'.
function negotiate(accept) {
  var found = {};
  var items = accept.split(',');
  for (var i = 0; i < items.length; i++) {
    var fields = items[i].split(';');
    var type = /^[ \t]*image\/(avif|webp)[ \t]*$/i.exec(fields[0]);
    for (var j = 1; type && j < fields.length; j++) {
      if (/^[ \t]*q[ \t]*=[ \t]*0(\.0*)?[ \t]*$/i.test(fields[j])) type = null;
    }
    if (type) found[type[1].toLowerCase()] = true;
  }
  if (found.avif && allowedTypes.indexOf('avif') >= 0) return 'avif';
  return found.webp && allowedTypes.indexOf('webp') >= 0 ? 'webp' : 'auto';
}

// Tells whether an option that needs others has an effect, given the other values.
function isEffective(needs, values) {
  return needs.split('/').some(function (alternative) {
    return alternative.split('+').every(function (term) {
      var pair = term.replace('!', '').split('=');
      var found = values[pair[0]];
      return (pair[1] ? found === pair[1] : found !== undefined) === (term[0] !== '!');
    });
  });
}

// Moves the box up to the next side of SizeLadder (functions/grammar/ladder.py).
function snap(values) {
  var requested = Number(values.w || values.h);
  if (!requested || ladder.indexOf(requested) >= 0) return;
  var hasSide = new RegExp('[:,=x]' + requested + '(x|,|$)');
  for (var i = 0; i < presets.length; i++) {
    var preset = hasSide.test(presets[i]) && parse(presets[i].slice(presets[i].indexOf(':') + 1), []);
    if (preset && preset.w === values.w && preset.h === values.h) return;
  }
  var rung = ladder.filter(function (rung) {
    return rung >= requested;
  })[0] || ladder[ladder.length - 1];
  if (!values.w) {
    values.h = rung;
    return;
  }
  var height = Math.floor((2 * values.h * rung + requested) / (2 * requested)); // rounded half up
  if (values.h) values.h = Math.min(Math.max(height, 1), 16383);
  values.w = rung;
}

// Writes the canonical form, without the options that have no effect.
function canonical(values) {
  if (values.f === 'json') values = { f: 'json', v: values.v, s: values.s };
  var parts = [];
  for (var i = 0; i < TABLE.length; i++) {
    var option = TABLE[i].split(' ');
    var alias = option[1] || option[0];
    var text = values[alias];
    if (text === undefined) continue;
    if (text === option[3] || (option[4] && !isEffective(option[4], values))) values[alias] = undefined;
    else if (i > 1) parts.push(alias + '=' + text);
  }
  if (values.w || values.h) parts.unshift((values.w || '') + 'x' + (values.h || ''));
  return parts.join(',') || 'dpr=1';
}

function handler(event) {
  var request = event.request;
  // S3 reads an unescaped plus in a path as a space.
  var segments = request.uri.replace(/\+/g, '%2B').split('/');
  var at = segments[1] === 'resize' && segments.length > 2 ? 2 : 1;
  var values = null;
  try {
    var segment = decodeURIComponent(segments[at]);
    if (segment.length <= 200) values = parse(segment, presets);
  } catch (error) {
    // Not UTF-8: the segment is not a transform.
  }
  if (values) {
    var auto = values.f === 'auto';
    // An SVG is passed through, whatever the browser accepts.
    if (auto && !/\.svg$/i.test(request.uri)) {
      values.f = negotiate(request.headers.accept ? request.headers.accept.value : '');
    }
    if (ladder[0] && !values.s) snap(values);
    var path = canonical(values);
    if (path.length <= 200) {
      segments[at] = path;
      if (auto) request.headers['x-format-auto'] = { value: '1' }; // read by viewer_response.js; not forwarded
    }
  }
  request.uri = segments.join('/');
  return request;
}
