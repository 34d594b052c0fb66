import type { ItemCode, Outcome, StoreState } from "../api/nouns";
import type { Fault } from "../draft/faults";
import type { RowFault } from "../draft/match";
import type { Text } from "./en";

const numbers = new Intl.NumberFormat("es", { useGrouping: true });
const plurals = new Intl.PluralRules("es");

function counted(n: number, one: string, other: string): string {
  return `${numbers.format(n)} ${plurals.select(n) === "one" ? one : other}`;
}

function sentenceCase(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const states: Record<StoreState, string> = {
  none: "Nueva",
  connected: "Conectada",
  disconnected: "Sin conexión",
  pending: "En curso",
  waiting: "Esperando a Otter",
  conflict: "Falta tu decisión",
  failed: "No funcionó",
  drifted: "Cambiada en Otter",
  unmanaged: "No la conectamos nosotros",
};

const outcomes: Record<Outcome, string> = {
  connected: "Conectada",
  replaced: "Pasada al id nuevo",
  unchanged: "Ya estaba bien",
  disconnected: "Sin conexión",
  conflict: "Falta tu decisión",
  superseded: "La sustituyó un cambio más reciente",
  cancelled: "Detenida antes de empezar",
  failed: "No funcionó",
};

type Ids = { id: string | null; observed: string | null };

const failures: Record<ItemCode, (ids: Ids) => string> = {
  store_not_found: () => "Otter ya no tiene esta tienda.",
  local_store_id_refused: ({ id, observed }) =>
    observed === null
      ? `Otter no aceptó el id ${id}; la tienda no está conectada.`
      : `Otter no aceptó el id ${id}; la tienda conserva ${observed}.`,
  local_store_id_taken: ({ id }) => `Otra tienda usa ${id}.`,
  scope_missing: () => "Tu cuenta no puede conectar tiendas: pide ayuda a tu administrador.",
  access_denied: () => "Tu cuenta no tiene acceso a esta tienda.",
  reauthorization_required: () => "Inicia sesión otra vez para seguir.",
  upstream_unavailable: () => "Otter no responde; seguimos intentándolo.",
  restore_failed: () => "El id nuevo no fue aceptado y aún no se pudo reponer el anterior; seguimos intentándolo.",
};

const cellFaults: Record<Fault["kind"], (other: string) => string> = {
  empty: () => "Escribe el id.",
  spaces: () => "Quita los espacios del principio o del final.",
  "line-break": () => "El id tiene un salto de línea: debe ocupar una sola línea.",
  characters: () => "Usa solo letras, cifras y signos sin acentos.",
  long: () => "Usa 255 caracteres como máximo.",
  "not-allowed": () => "Este id no está entre los que puedes usar.",
  duplicate: (other) => `${other} tiene el mismo id.`,
  used: (other) => `${other} ya está conectada a este id.`,
};

function rowFault(fault: RowFault): string {
  switch (fault.kind) {
    case "no-store":
      return "No se nombra ninguna tienda.";
    case "unknown-store":
      return `Ninguna de las tiendas elegidas se llama ${fault.value}.`;
    case "ambiguous-store":
      return `Varias tiendas se llaman ${fault.value}: añade una columna con la marca o con el id propio de la tienda.`;
    case "repeated-store":
      return `${fault.value} ya está en la fila ${fault.row}; esta fila se omite.`;
    case "no-id":
      return "No hay id.";
    case "formula":
      return `${fault.value} parece una fórmula. Pon un apóstrofo delante si es un id.`;
  }
}

const signInErrors: Record<string, { title: string; detail: string }> = {
  "consent-denied": {
    title: "No diste acceso",
    detail: "No se cambió nada. Para conectar tiendas, inicia sesión otra vez y permite el acceso.",
  },
  "sign-in-expired": {
    title: "El inicio de sesión tardó demasiado",
    detail: "Empieza otra vez y termina en menos de diez minutos.",
  },
  "sign-in-invalid": {
    title: "Este inicio de sesión no se puede terminar",
    detail: "Se empezó en otro navegador o ya se terminó antes. Empieza otra vez aquí.",
  },
  "sign-in-failed": {
    title: "Otter no terminó el inicio de sesión",
    detail: "No se cambió nada. Empieza otra vez.",
  },
};

const problems: Record<string, { title: string; detail: string }> = {
  "invalid-request": { title: "La petición no es válida", detail: "Revisa lo que escribiste." },
  "not-signed-in": { title: "No has iniciado sesión", detail: "Inicia sesión para seguir." },
  "reauthorization-required": {
    title: "Hay que dar permiso otra vez",
    detail: "Inicia sesión otra vez; lo que escribiste se conserva.",
  },
  "scope-missing": {
    title: "Tu cuenta no puede conectar tiendas",
    detail: "Pide ayuda a tu administrador.",
  },
  "not-found": { title: "No se encontró", detail: "No existe, o no pertenece a tu organización." },
  conflict: { title: "Hay otro cambio de por medio", detail: "Carga la página otra vez y decide de nuevo." },
  "local-store-id-taken": { title: "El id ya se usa", detail: "Otra tienda usa uno de estos ids." },
  "local-store-id-not-allowed": { title: "El id no está permitido", detail: "Esta sesión no puede usar ese id." },
  "idempotency-key-reused": { title: "La petición ya se usó", detail: "Carga la página e inténtalo otra vez." },
  forbidden: { title: "Sin acceso", detail: "Tu cuenta no tiene acceso a esto." },
  "run-ended": { title: "El proceso ya terminó", detail: "No queda nada que detener." },
  "too-many-requests": { title: "Demasiadas peticiones", detail: "Espera un momento e inténtalo otra vez." },
  "too-large": { title: "Es demasiado grande", detail: "Hazlo en varias partes." },
  "upstream-unavailable": { title: "Otter no responde", detail: "Inténtalo otra vez dentro de un momento." },
  "upstream-timeout": { title: "Otter tarda demasiado", detail: "Inténtalo otra vez dentro de un momento." },
  "database-unavailable": {
    title: "El servicio no está disponible",
    detail: "Inténtalo otra vez dentro de un momento.",
  },
  internal: {
    title: "Algo falló en el servicio",
    detail: "Inténtalo otra vez. Si sigue, comunica el id de la petición.",
  },
};

/** The words of the pages in Spanish. */
export const es: Text = {
  language: "es",
  number: (n) => numbers.format(n),
  page: {
    title: (page, application) => `${page} · ${application}`,
    skip: "Ir al contenido",
    signOut: "Cerrar sesión",
    stores: "Tiendas",
    runs: "Procesos anteriores",
    language: "Idioma",
    back: "Atrás",
    cancel: "Cancelar",
    loading: "Cargando",
    notFound: "Esta página no existe",
    notFoundDetail: "Puede que la dirección esté mal escrita o que la página se haya movido.",
    toStores: "Ir a tus tiendas",
    broken: "Esta página falló",
    reload: "Cargarla otra vez",
  },
  account: {
    signedInAs: (organization) => `Has iniciado sesión como ${organization}.`,
    other: "Usar otra cuenta",
  },
  steps: { label: "Pasos", choose: "Elegir", map: "Asignar", review: "Revisar", result: "Resultado" },
  connectLink: {
    over: "Este enlace ya no funciona",
    overDetail: (application) =>
      `Un enlace funciona una vez, en un navegador y durante unos minutos. Vuelve a ${application} y pide otro. No se cambió nada.`,
    wrong: "Este enlace es para otra empresa",
    wrongDetail: (account) => `Tu sesión es de ${account}. Inicia sesión con la cuenta para la que es el enlace.`,
    signIn: (ids) =>
      `Con el enlace puedes conectar ${counted(ids, "id de tienda", "ids de tienda")}. Inicia sesión con Otter para seguir. Nada cambia hasta que conectes una tienda.`,
    account: (account, ids) =>
      `Tu sesión es de ${account}, y puedes conectar ${counted(ids, "id de tienda", "ids de tienda")}. Nada cambia hasta que conectes una tienda.`,
    goOn: "Elegir tiendas",
    otherAccount: "Usar otra cuenta",
  },
  welcome: {
    title: (application) => `Conecta tus tiendas con ${application}`,
    detail: (application) =>
      `Inicia sesión con Otter y permite que ${application} vea y conecte tus tiendas. Tardarás unos minutos.`,
    points: (application) => [
      `${application} ve los nombres y las direcciones de tus marcas y tiendas.`,
      "Tú eliges las tiendas y revisas cada cambio antes de que se haga.",
      "Puedes desconectar una tienda cuando quieras.",
    ],
    signIn: "Iniciar sesión con Otter",
    startAgain: "Empezar otra vez",
    error: (slug) =>
      signInErrors[slug] ?? {
        title: "El inicio de sesión no funcionó",
        detail: "No se cambió nada. Empieza otra vez.",
      },
  },
  again: {
    ended: "Tu sesión se cerró",
    endedDetail: "Inicia sesión para seguir donde estabas. Lo que escribiste se conserva.",
    consent: "Inicia sesión otra vez para seguir",
    consentDetail: "Otter pide tu permiso otra vez. Volverás a esta página y lo que escribiste se conserva.",
    signIn: "Iniciar sesión otra vez",
  },
  consent: {
    runsOut: (when) => `Tu permiso vence ${when}.`,
    soon: "en un momento",
    renew: "Renovar",
  },
  problem: {
    known: problems,
    noAnswer: "Sin respuesta",
    noAnswerDetail: "No se pudo llegar al servicio. Revisa tu conexión e inténtalo otra vez.",
    request: "Petición",
    copy: "Copiar el id de la petición",
    copied: "Copiado",
    retry: "Intentar otra vez",
  },
  time: { now: "ahora mismo", never: "nunca" },
  states,
  stores: {
    title: "Tiendas",
    brands: "Marcas",
    brand: "Marca",
    allBrands: "Todas las marcas",
    search: "Buscar tiendas",
    searchHint: "Nombre, dirección o id; al menos 3 caracteres",
    state: "Estado",
    allStates: "Todos",
    store: "Tienda",
    address: "Dirección",
    localId: "Tu id",
    noAddress: "Sin dirección",
    noLocalId: "Ninguno",
    count: (n, exact) => (exact ? "" : "unas ") + counted(n, "tienda", "tiendas"),
    asOf: "actualizado",
    loading: (brands, of) => `Cargando tus tiendas: ${numbers.format(brands)} de ${counted(of, "marca", "marcas")}`,
    more: "Cargando más tiendas",
    none: "Ninguna tienda coincide",
    noneDetail: "Cambia la búsqueda, la marca o el estado.",
    clear: "Ver todas las tiendas",
    empty: "Tu organización no tiene tiendas en Otter",
    emptyDetail: "Las tiendas que se añadan en Otter aparecerán aquí.",
  },
  choose: {
    bar: "Tu elección",
    one: (store) => `Elegir ${store}`,
    all: "Elegir todas las que coinciden",
    allThatMatch: (n) => `Elegir las ${numbers.format(n)}`,
    reading: (n) => `${counted(n, "tienda leída", "tiendas leídas")} hasta ahora`,
    count: (n) => counted(n, "tienda elegida", "tiendas elegidas"),
    nothing: "Marca las tiendas que quieres conectar.",
    clear: "No elegir ninguna",
    next: (n) => (n === 0 ? "Asignar tiendas" : `Asignar ${counted(n, "tienda", "tiendas")}`),
  },
  map: {
    title: "Da a cada tienda tu id",
    detail: (application) =>
      `Escribe el id que cada tienda tiene en ${application}, o pega una columna de una hoja de cálculo en el primer campo.`,
    none: "No hay ninguna tienda elegida",
    noneDetail: "Elige primero las tiendas que quieres conectar.",
    fromSheet: "Tomar de una hoja de cálculo",
    byPattern: "Rellenar con un patrón",
    field: (store) => `Tu id para ${store}`,
    placeholder: "Por ejemplo K-17",
    now: (id) => `Ahora ${id}`,
    remove: (store) => `Dejar fuera ${store}`,
    fault: ({ kind, other }) => cellFaults[kind](other ?? ""),
    bar: "Tus ids",
    ready: (n, of) =>
      `${numbers.format(n)} de ${numbers.format(of)} listas${n < of ? `, ${numbers.format(of - n)} por corregir` : ""}`,
    toNext: (n) => (n === 1 ? "Ir a la que falta" : "Ir a la siguiente por corregir"),
    next: (n) => `Revisar ${counted(n, "tienda", "tiendas")}`,
  },
  pattern: {
    title: "Rellenar con un patrón",
    pattern: "Patrón",
    hint: "# representa el número; ## le da dos cifras.",
    noPlace: "Pon un # donde va el número.",
    start: "Empezar en",
    onlyEmpty: "Solo los campos vacíos",
    example: (ids) => (ids.length === 0 ? "No hay nada que rellenar." : ids.join(", ")),
    fill: (n) => `Rellenar ${counted(n, "campo", "campos")}`,
  },
  sheet: {
    title: "Tomar los ids de una hoja de cálculo",
    drop: "Suelta aquí un archivo CSV o elige uno",
    dropHint: "Comas, puntos y comas o tabuladores; con o sin encabezado.",
    paste: "O pega las celdas aquí",
    pasteHint: "Dos columnas: la tienda y tu id.",
    template: "Descargar la plantilla",
    templateHint: "Un archivo con las tiendas elegidas, listo para rellenar:",
    unreadable: {
      empty: "No contiene nada.",
      quotes: "Una comilla no está cerrada: el archivo puede estar dañado.",
      binary: "No es un archivo CSV. Guárdalo como CSV en tu programa de hojas de cálculo.",
      rows: "Tiene más de 50.000 filas.",
    },
    columns: { store: "¿Qué columna nombra la tienda?", id: "¿Cuál tiene tu id?", brand: "¿Cuál nombra la marca?" },
    column: (name) => `Columna ${name}`,
    columnNamed: (name, title) => `${name}: ${title}`,
    noColumn: "Ninguna",
    header: "La primera fila tiene los nombres de las columnas",
    preview: "Las primeras filas",
    more: (n) => `Y ${counted(n, "fila más", "filas más")}.`,
    found: (n, of) => `${counted(n, "id encaja", "ids encajan")}, de ${counted(of, "fila", "filas")}`,
    faults: (n) => `${counted(n, "fila se omite", "filas se omiten")}:`,
    place: (row, column) => `Fila ${numbers.format(row)}, columna ${column}:`,
    fault: rowFault,
    moreFaults: (n) => `Y ${numbers.format(n)} más.`,
    use: (n) => `Usar ${counted(n, "id", "ids")}`,
    another: "Tomar otro archivo",
  },
  review: {
    title: "Revisar",
    detail: "Esto es lo que pasará. Todavía no ha cambiado nada.",
    looking: (n, of) => `${numbers.format(n)} de ${counted(of, "tienda comprobada", "tiendas comprobadas")}`,
    connect: (n) => counted(n, "tienda se conectará", "tiendas se conectarán"),
    willGo: (store, id) => `Los pedidos de ${store} irán a ${id}.`,
    replace: (n) => counted(n, "tienda pasará a otro id", "tiendas pasarán a otro id"),
    replaceDetail: "Ya están conectadas. Marca las que deben cambiar; las demás quedan como están.",
    replaceAll: (n) => (n === 1 ? "Sustituirla" : `Sustituir las ${numbers.format(n)}`),
    right: (n) => counted(n, "tienda ya está bien", "tiendas ya están bien"),
    conflict: (n) => counted(n, "tienda necesita tu decisión", "tiendas necesitan tu decisión"),
    conflictDetail: "Otra persona las conectó. Marca las que se deben sustituir; las demás quedan como están.",
    decide: (store, from, to) =>
      `Ahora está conectada a ${from}. Si la marcas, los pedidos de ${store} irán a ${to} en lugar de ${from}.`,
    taken: (n) => counted(n, "id lo usa otra tienda", "ids los usan otras tiendas"),
    takenDetail: "Estas tiendas se omiten. Vuelve atrás y dales otro id, o sigue sin ellas.",
    missing: (n) => counted(n, "tienda ya no existe", "tiendas ya no existen"),
    more: (n) => `Ver más (${numbers.format(n)})`,
    bar: "Tu decisión",
    left: (n) =>
      n === 0 ? "Todo está decidido." : `${counted(n, "tienda queda como está", "tiendas quedan como están")}.`,
    action: ({ connect, replace, right }) => {
      const parts = [
        ...(connect > 0 ? [`conectar ${numbers.format(connect)}`] : []),
        ...(replace > 0 ? [`sustituir ${numbers.format(replace)}`] : []),
      ];
      if (parts.length === 0) return right > 0 ? `Confirmar ${numbers.format(right)}` : "Nada que hacer";
      return sentenceCase(parts.join(", "));
    },
  },
  store: {
    back: "Todas las tiendas",
    connection: "Conexión en Otter",
    asking: "Preguntando a Otter",
    connectedTo: (id) => `Conectada a ${id}`,
    notConnected: "Sin conexión",
    unknown: "No se sabe en este momento",
    lookAgain: "Mirar otra vez",
    looked: "Comprobada",
    drifted: (id) => `Cambiada en Otter: la conectamos a ${id}.`,
    pending: "En curso",
    waiting: "Esperando a Otter (sigue por sí solo)",
    connectTitle: "Conectar esta tienda",
    replaceTitle: "Pasar esta tienda a otro id",
    field: "Tu id para esta tienda",
    newField: "Id nuevo para esta tienda",
    hint: (application) => `El id que ${application} da a esta tienda, por ejemplo K-17.`,
    choose: "Elige un id",
    connect: "Conectar",
    replace: "Sustituir",
    working: "En curso",
    readOnly: "Tu cuenta no puede conectar tiendas: pide ayuda a tu administrador.",
    faults: {
      empty: "Escribe el id.",
      spaces: "Quita los espacios del principio o del final.",
      characters: "Usa solo letras, cifras y signos sin acentos.",
      long: "Usa 255 caracteres como máximo.",
      "not-allowed": "Este id no está entre los que puedes usar.",
    },
    same: (id) => `La tienda ya está conectada a ${id}.`,
  },
  replace: {
    title: (id) => `Esta tienda está conectada a ${id}. ¿Sustituirlo?`,
    consequence: (store, from, to) => `Los pedidos de ${store} irán a ${to} en lugar de ${from}.`,
    from: "Ahora",
    to: "Nuevo",
    confirm: (to) => `Sustituir por ${to}`,
    cancel: (from) => `Conservar ${from}`,
  },
  disconnect: {
    action: "Desconectar",
    title: (store) => `¿Desconectar ${store}?`,
    consequence: (store, id) => `Los pedidos de ${store} ya no irán a ${id}.`,
    confirm: "Desconectar",
    cancel: (id) => `Conservar ${id}`,
  },
  outcomes,
  outcome: {
    goTo: (store, id) => `Los pedidos de ${store} van a ${id}.`,
    goNowhere: (store) => `No llegan pedidos de ${store}.`,
    conflict: (id) => `Esta tienda está conectada a ${id}.`,
    failed: (code, ids) => failures[code](ids),
    pending: "En curso",
    pendingDetail: "Puedes cerrar esta página; el proceso sigue.",
    waitingUpstream: "Esperando a Otter",
    waitingUpstreamDetail: "Sigue por sí solo. Puedes cerrar esta página.",
    waitingConsent: "Inicia sesión otra vez para seguir",
    progress: "Ver el progreso",
  },
  run: {
    back: (host) => `Volver a ${host}`,
    title: "Resultado",
    progress: (done, of) => `${numbers.format(done)} de ${numbers.format(of)} terminadas`,
    asAsked: (n, of) => `${numbers.format(n)} de ${numbers.format(of)} como pediste`,
    started: "Empezó",
    stores: "Tiendas de este proceso",
    groups: {
      right: "como pediste",
      failed: "no funcionaron",
      conflict: "por decidir",
      stopped: "sin empezar",
      pending: "en curso",
    },
    retry: (n) => `Intentar ${counted(n, "tienda", "tiendas")} otra vez`,
    again: "Intentar otra vez",
    decide: "Decidir",
    otherId: "Usar otro id",
    more: "Conectar más tiendas",
    stop: "Detener",
    download: "Descargar como CSV",
    columns: ["Id de la tienda", "Marca", "Tienda", "Tu id", "Resultado", "Conectada a", "Qué significa"],
    offline: "No hay red en este momento",
    offlineDetail: "El proceso sigue. Esta página se pondrá al día por sí sola.",
  },
  stop: {
    title: "¿Detener este proceso?",
    consequence: (n) =>
      `${counted(n, "tienda no ha terminado", "tiendas no han terminado")}. Las que no han empezado quedan como están.`,
    begun: "Las que ya empezaron se terminan, y nada de lo hecho se deshace.",
    confirm: "Detener el proceso",
    cancel: "Dejar que siga",
  },
  runs: {
    title: "Procesos anteriores",
    none: "Todavía no hay ningún proceso",
    noneDetail: "Cuando conectes tiendas, el resultado quedará aquí.",
    stores: (n) => counted(n, "tienda", "tiendas"),
    states: { running: "En curso", waiting: "Esperando", done: "Terminado" },
    more: "Ver procesos más antiguos",
  },
};
