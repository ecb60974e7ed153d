// Rewrites the transform of a request to its canonical form, the key to its canonical percent-encoding, and sizes in a
// query to a transform, and resolves format=auto, before the cache lookup, so that the cache and the bucket know each
// derivative by one name. A malformed transform is left to the origin, which answers with 400.
// tests/edge compares the results with those of functions/grammar.
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

// The names of colours, each before its digits in upper case (functions/grammar/colours.py).
var COLOURS =
  // generated: colours
  '0aliceblueF0F8FFantiquewhiteFAEBD7aqua0FFaquamarine7FFFD4azureF0FFFFbeigeF5F5DCbisqueFFE4C4black000blanchedalm' +
  'ondFFEBCDblue00Fblueviolet8A2BE2brownA52A2AburlywoodDEB887cadetblue5F9EA0chartreuse7FFF00chocolateD2691EcoralF' +
  'F7F50cornflowerblue6495EDcornsilkFFF8DCcrimsonDC143Ccyan0FFdarkblue00008Bdarkcyan008B8BdarkgoldenrodB8860Bdark' +
  'grayA9A9A9darkgreen006400darkkhakiBDB76Bdarkmagenta8B008Bdarkolivegreen556B2FdarkorangeFF8C00darkorchid9932CCd' +
  'arkred8B0000darksalmonE9967Adarkseagreen8FBC8Fdarkslateblue483D8Bdarkslategray2F4F4Fdarkturquoise00CED1darkvio' +
  'let9400D3deeppinkFF1493deepskyblue00BFFFdimgray696969dodgerblue1E90FFfirebrickB22222floralwhiteFFFAF0forestgre' +
  'en228B22fuchsiaF0FgainsboroDCDCDCghostwhiteF8F8FFgoldFFD700goldenrodDAA520gray808080green008000greenyellowADFF' +
  '2FhoneydewF0FFF0hotpinkFF69B4indianredCD5C5Cindigo4B0082ivoryFFFFF0khakiF0E68ClavenderE6E6FAlavenderblushFFF0F' +
  '5lawngreen7CFC00lemonchiffonFFFACDlightblueADD8E6lightcoralF08080lightcyanE0FFFFlightgoldenrodyellowFAFAD2ligh' +
  'tgrayD3D3D3lightgreen90EE90lightpinkFFB6C1lightsalmonFFA07Alightseagreen20B2AAlightskyblue87CEFAlightslategray' +
  '789lightsteelblueB0C4DElightyellowFFFFE0lime0F0limegreen32CD32linenFAF0E6magentaF0Fmaroon800000mediumaquamarin' +
  'e66CDAAmediumblue0000CDmediumorchidBA55D3mediumpurple9370DBmediumseagreen3CB371mediumslateblue7B68EEmediumspri' +
  'nggreen00FA9Amediumturquoise48D1CCmediumvioletredC71585midnightblue191970mintcreamF5FFFAmistyroseFFE4E1moccasi' +
  'nFFE4B5navajowhiteFFDEADnavy000080oldlaceFDF5E6olive808000olivedrab6B8E23orangeFFA500orangeredFF4500orchidDA70' +
  'D6palegoldenrodEEE8AApalegreen98FB98paleturquoiseAFEEEEpalevioletredDB7093papayawhipFFEFD5peachpuffFFDAB9peruC' +
  'D853FpinkFFC0CBplumDDA0DDpowderblueB0E0E6purple800080rebeccapurple639redF00rosybrownBC8F8Froyalblue4169E1saddl' +
  'ebrown8B4513salmonFA8072sandybrownF4A460seagreen2E8B57seashellFFF5EEsiennaA0522DsilverC0C0C0skyblue87CEEBslate' +
  'blue6A5ACDslategray708090snowFFFAFAspringgreen00FF7Fsteelblue4682B4tanD2B48Cteal008080thistleD8BFD8tomatoFF634' +
  '7turquoise40E0D0violetEE82EEwheatF5DEB3whiteFFFwhitesmokeF5F5F5yellowFF0yellowgreen9ACD32transparent0000'
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
      var found = new RegExp('[0-9A-F]' + digits.replace('grey', 'gray') + '([0-9A-F]+)').exec(COLOURS);
      if (found) digits = found[1].toLowerCase();
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

// Adds a value under its alias; without a text, `gray` is `gray=true`. Returns false if the name or value is invalid,
// or the option is already set.
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

// Tells whether a preset has the same box. Only its sides are read: parsing every preset takes too long.
function hasBox(preset, values) {
  var sides = /[:,](?:([0-9]*)x([0-9]*)|w(?:idth)?=([0-9]+)|h(?:eight)?=([0-9]+))(?=,|$)/g;
  var width, height;
  for (var found = sides.exec(preset); found; found = sides.exec(preset)) {
    width = found[1] || found[3] || width;
    height = found[2] || found[4] || height;
  }
  return width === values.w && height === values.h && !/[:,]f(ormat)?=json/i.test(preset); // which has no box
}

// Moves the box up to the next side of SizeLadder (functions/grammar/ladder.py).
function snap(values) {
  var requested = Number(values.w || values.h);
  if (!requested || ladder.indexOf(requested) >= 0) return;
  for (var i = 0; i < presets.length; i++) {
    if (hasBox(presets[i], values)) return;
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

// Writes the percent-encoding of a path's segment as path_of in functions/cloud/edge.py does.
function encode(segment) {
  try {
    var text = decodeURIComponent(segment);
    return /^\.\.?$/.test(text) ? segment : encodeURIComponent(text).replace(/[!'()*]/g, function (character) {
      return '%' + character.charCodeAt(0).toString(16).toUpperCase();
    }).replace(/%(2C|3A|3D)/g, decodeURIComponent);
  } catch (error) {
    return segment; // not UTF-8
  }
}

// Reads the query of an original's URL as imgix writes it. Other parameters and invalid values are ignored.
function parseQuery(query) {
  var values = {};
  'w width h height fit q fm format dpr auto'.split(' ').forEach(function (name) {
    var text = query[name] ? encode(query[name].value) : '';
    if (name === 'auto') text = /(^|,)format(,|$)/.test(text) ? 'auto' : '';
    put(values, { fm: 'f', auto: 'f' }[name] || name, text);
  });
  return values;
}

function handler(event) {
  var request = event.request;
  // S3 reads an unescaped plus in a path as a space, and an escaped slash as a slash.
  var uri = request.uri.replace(/\+/g, '%2B');
  var path = uri.replace(/%2f/gi, '/');
  var segments = (/\/\.\.?(\/|$)/.test(path) ? uri : path).split('/');
  var at = segments[1] === 'resize' && segments.length > 2 ? 2 : 1;
  var values = null;
  try {
    var segment = decodeURIComponent(segments[at]);
    if (segment.length <= 200) values = parse(segment, presets);
  } catch (error) {
    // Not UTF-8: the segment is not a transform.
  }
  segments = segments.map(encode);
  var isOriginal = !values && segments[1] !== 'resize' && segments[segments.length - 1] !== '';
  if (isOriginal) values = parseQuery(request.querystring);
  if (values) {
    var auto = values.f === 'auto';
    // An SVG is passed through, whatever the browser accepts.
    if (auto && !/\.svg$/i.test(request.uri)) {
      values.f = negotiate(request.headers.accept ? request.headers.accept.value : '');
    }
    if (ladder[0] && !values.s) snap(values);
    path = canonical(values);
    if (path.length <= 200 && !(isOriginal && path === 'dpr=1')) {
      segments.splice(at, isOriginal ? 0 : 1, path);
      if (auto) request.headers['x-format-auto'] = { value: '1' }; // read by viewer_response.js; not forwarded
    }
  }
  request.uri = segments.join('/');
  return request;
}
