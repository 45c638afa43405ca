/**
 * Whole captions that say nothing about a picture, by ISO 639-1 code. `|` parts them.
 *
 * Lower case, without marks or digits at the ends: `Photo 12:` is looked up as `photo`. Words that also name a thing one
 * can take a picture of (star, map, carousel) are left out.
 */
const PHRASES: Record<string, string> = {
  en: `
    image | images | img | picture | pictures | pic | photo | photos | photograph | logo | logos |
    company logo | site logo | website logo | our logo | brand logo | header logo | footer logo | icon |
    icons | avatar | user avatar | profile | profile picture | profile photo | profile image | author |
    thumbnail | thumbnails | thumb | video thumbnail | banner | banner image | header | header image |
    hero image | cover image | background | background image | featured image | product image |
    product photo | main image | alt | alt text | alt image | image alt | image description | description |
    caption | title | untitled | unnamed | unknown | no name | none | null | undefined | nan | default image |
    placeholder | placeholder image | spacer | no image | no photo | no picture | no image available |
    no photo available | no picture available | image not available | photo not available |
    picture not available | image not found | image coming soon | photo coming soon | coming soon |
    image unavailable | missing image | image missing | broken image | image may contain | image removed |
    file not found | page not found | not found | loading | loading image | please wait | click to enlarge |
    click to view | click here | click for details | click to zoom | enlarge | zoom | zoom in | view larger |
    view full size | full size | view | view image | view all | view more | see more | read more |
    learn more | show more | more | more info | details | next | previous | prev | menu | open menu | search |
    share | share on facebook | share on twitter | tweet | like | follow us | follow us on facebook |
    follow us on instagram | facebook | twitter | instagram | youtube | linkedin | pinterest | whatsapp |
    email | e-mail | rss | download | buy now | add to cart | shop now | order now | play video | video |
    gallery | photo gallery | image gallery | slider | slideshow | advertisement | ads | advert | sponsored |
    sponsor | affiliate | accept cookies | qr code | screenshot | screen shot | lorem ipsum | sign up |
    log in | login | subscribe | contact | contact us | about us | all rights reserved | copyright |
    stock photo | stock image | royalty free | getty images | shutterstock | photo credit | image credit |
    source | image source | photo by | image by | no description | no description available | no caption |
    no alt | product | products | this image | an image | a picture | a photo | the image`,
  de: `
    bild | bilder | foto | fotos | abbildung | abb | grafik | titelbild | profilbild | vorschaubild |
    vorschau | beitragsbild | produktbild | hintergrund | hintergrundbild | kopfbild | platzhalter |
    platzhalterbild | symbol | symbolbild | kein bild | kein foto | kein bild vorhanden |
    kein bild verfügbar | kein foto vorhanden | bild nicht verfügbar | bild nicht vorhanden |
    bild nicht gefunden | bild folgt | bild wird geladen | wird geladen | lädt | bitte warten | ohne titel |
    unbenannt | unbekannt | startseite | suche | weiter | zurück | schließen | menü | vergrößern |
    bild vergrößern | zum vergrößern klicken | klicken zum vergrößern | mehr | mehr erfahren | mehr lesen |
    weiterlesen | mehr anzeigen | teilen | auf facebook teilen | drucken | anzeige | werbung | galerie |
    bildergalerie | anmelden | registrieren | kontakt | impressum | in den warenkorb | jetzt kaufen |
    herunterladen | bildquelle | quelle | beschreibung | keine beschreibung`,
  fr: `
    image | images | photo | photos | photographie | illustration | logo du site | icône | vignette |
    miniature | bannière | couverture | avatar | photo de profil | image de profil | image à la une |
    image du produit | photo du produit | image de fond | arrière-plan | pas d’image | pas d'image |
    aucune image | aucune photo | image non disponible | photo non disponible | image indisponible |
    photo indisponible | image introuvable | image à venir | photo à venir | chargement |
    chargement en cours | veuillez patienter | sans titre | sans nom | inconnu | accueil | recherche |
    rechercher | suivant | précédent | retour | fermer | agrandir | agrandir l’image | agrandir l'image |
    cliquez pour agrandir | cliquer pour agrandir | voir | voir plus | en savoir plus | lire la suite |
    partager | partager sur facebook | imprimer | publicité | galerie | galerie photos | connexion |
    inscription | nous contacter | ajouter au panier | acheter | télécharger | légende | description |
    crédit photo | source`,
  es: `
    imagen | imágenes | imagenes | foto | fotos | fotografía | ilustración | logotipo | icono | miniatura |
    portada | foto de perfil | imagen de perfil | imagen destacada | imagen del producto | imagen de fondo |
    cabecera | sin imagen | sin foto | no hay imagen | imagen no disponible | foto no disponible |
    imagen no encontrada | próximamente | cargando | por favor espere | sin título | sin nombre |
    desconocido | inicio | siguiente | anterior | volver | cerrar | menú | ampliar | ampliar imagen |
    clic para ampliar | haga clic para ampliar | ver más | leer más | más información | compartir |
    compartir en facebook | imprimir | publicidad | anuncio | galería | galería de fotos | iniciar sesión |
    regístrate | contacto | añadir al carrito | comprar | descargar | descripción`,
  pt: `
    imagem | imagens | foto | fotos | fotografia | ilustração | logotipo | logomarca | ícone | miniatura |
    foto de perfil | imagem de perfil | imagem destacada | imagem em destaque | imagem do produto |
    imagem de fundo | sem imagem | sem foto | imagem não disponível | imagem indisponível |
    foto não disponível | imagem não encontrada | em breve | carregando | a carregar | aguarde | sem título |
    sem nome | desconhecido | início | pesquisar | próximo | anterior | voltar | fechar | ampliar |
    ampliar imagem | clique para ampliar | ver mais | leia mais | saiba mais | compartilhar | partilhar |
    imprimir | publicidade | anúncio | galeria | galeria de fotos | contato | contacto |
    adicionar ao carrinho | comprar | descrição`,
  it: `
    immagine | immagini | foto | fotografia | illustrazione | icona | miniatura | anteprima | copertina |
    foto profilo | immagine del profilo | immagine di profilo | immagine in evidenza | immagine del prodotto |
    immagine di sfondo | sfondo | nessuna immagine | nessuna foto | immagine non disponibile |
    foto non disponibile | immagine non trovata | prossimamente | caricamento | caricamento in corso |
    attendere prego | senza titolo | senza nome | sconosciuto | cerca | avanti | successivo | precedente |
    indietro | chiudi | ingrandisci | ingrandisci immagine | clicca per ingrandire | vedi altro |
    leggi di più | leggi tutto | scopri di più | condividi | condividi su facebook | stampa | pubblicità |
    galleria | galleria fotografica | accedi | contatti | aggiungi al carrello | acquista | scarica |
    descrizione`,
  nl: `
    afbeelding | afbeeldingen | foto | foto's | plaatje | pictogram | miniatuur | omslag | profielfoto |
    profielafbeelding | uitgelichte afbeelding | productafbeelding | productfoto | achtergrond |
    achtergrondafbeelding | geen afbeelding | geen foto | geen afbeelding beschikbaar |
    geen foto beschikbaar | afbeelding niet beschikbaar | afbeelding niet gevonden | binnenkort | laden |
    aan het laden | even geduld | zonder titel | naamloos | onbekend | zoeken | volgende | vorige | terug |
    sluiten | vergroten | klik om te vergroten | klik voor vergroting | bekijk | bekijk meer | lees meer |
    lees verder | meer informatie | deel op facebook | afdrukken | advertentie | reclame | galerij |
    fotogalerij | inloggen | in winkelwagen | nu kopen | downloaden | beschrijving`,
  sv: `
    bild | bilder | foto | fotografi | logotyp | ikon | miniatyr | miniatyrbild | omslag | omslagsbild |
    profilbild | produktbild | bakgrund | bakgrundsbild | ingen bild | bild saknas | ingen bild tillgänglig |
    bilden är inte tillgänglig | kommer snart | laddar | vänta | namnlös | utan titel | okänd | sök | nästa |
    föregående | tillbaka | stäng | förstora | klicka för att förstora | visa mer | läs mer |
    dela på facebook | skriv ut | annons | reklam | galleri | bildgalleri | logga in | kontakta oss | köp |
    lägg i varukorg | ladda ner | beskrivning | källa`,
  da: `
    billede | billeder | foto | ikon | miniature | forside | profilbillede | produktbillede | baggrund |
    baggrundsbillede | intet billede | billede mangler | billede ikke tilgængeligt |
    billedet er ikke tilgængeligt | kommer snart | indlæser | vent venligst | uden titel | unavngivet |
    ukendt | søg | næste | forrige | tilbage | luk | forstør | klik for at forstørre | læs mere | mere |
    del på facebook | udskriv | annonce | reklame | galleri | log ind | kontakt os | køb | læg i kurv |
    beskrivelse | kilde`,
  no: `
    bilde | bilder | foto | ikon | miniatyrbilde | forside | profilbilde | produktbilde | bakgrunn |
    bakgrunnsbilde | ingen bilde | bilde mangler | bilde ikke tilgjengelig | bildet er ikke tilgjengelig |
    kommer snart | laster | laster inn | vennligst vent | uten tittel | ukjent | søk | neste | forrige |
    tilbake | forstørr | klikk for å forstørre | les mer | del på facebook | skriv ut | annonse | reklame |
    galleri | logg inn | kontakt oss | kjøp | legg i handlekurv | beskrivelse | kilde`,
  fi: `
    kuva | kuvat | valokuva | logo | kuvake | pikkukuva | kansikuva | profiilikuva | tuotekuva | taustakuva |
    ei kuvaa | kuva puuttuu | kuvaa ei saatavilla | kuva ei saatavilla | tulossa pian | ladataan | odota |
    nimetön | tuntematon | hae | seuraava | edellinen | takaisin | sulje | suurenna | suurenna kuva |
    klikkaa suuremmaksi | näytä | näytä lisää | lue lisää | lisää | jaa facebookissa | tulosta | mainos |
    galleria | kuvagalleria | kirjaudu | ota yhteyttä | lisää ostoskoriin | kuvaus | lähde`,
  et: `
    pilt | pildid | foto | fotod | ikoon | pisipilt | kaanepilt | profiilipilt | tootepilt | pilt puudub |
    pilti pole | pilt pole saadaval | tulekul | laadimine | palun oota | nimetu | tundmatu | otsi | järgmine |
    eelmine | sulge | suurenda | vaata rohkem | loe edasi | loe lisaks | veel | jaga | prindi | reklaam |
    galerii | logi sisse | lisa korvi | kirjeldus | allikas`,
  lt: `
    paveikslėlis | nuotrauka | nuotraukos | vaizdas | logotipas | piktograma | miniatiūra | viršelis |
    profilio nuotrauka | fonas | nėra nuotraukos | nėra paveikslėlio | nuotraukos nėra |
    paveikslėlis nerastas | netrukus | kraunama | palaukite | be pavadinimo | nežinomas | paieška | kitas |
    ankstesnis | atgal | uždaryti | padidinti | žiūrėti | daugiau | skaityti daugiau | skaityti toliau |
    dalintis | spausdinti | reklama | galerija | prisijungti | pirkti | į krepšelį | aprašymas | šaltinis`,
  pl: `
    obraz | obrazek | obrazki | zdjęcie | zdjęcia | fotografia | grafika | ikona | miniatura | miniaturka |
    okładka | zdjęcie profilowe | zdjęcie produktu | brak zdjęcia | brak obrazka | brak obrazu |
    zdjęcie niedostępne | obraz niedostępny | wkrótce | ładowanie | proszę czekać | bez tytułu | bez nazwy |
    nieznany | szukaj | następny | następne | poprzedni | poprzednie | wstecz | zamknij | powiększ |
    kliknij, aby powiększyć | kliknij aby powiększyć | zobacz | zobacz więcej | czytaj więcej | czytaj dalej |
    więcej | udostępnij | drukuj | reklama | galeria | galeria zdjęć | zaloguj | kontakt | do koszyka |
    dodaj do koszyka | kup teraz | pobierz | opis | źródło`,
  cs: `
    obrázek | obrázky | fotka | fotografie | foto | ikona | náhled | miniatura | obálka | profilová fotka |
    profilový obrázek | pozadí | bez obrázku | žádný obrázek | obrázek není k dispozici | obrázek nenalezen |
    připravujeme | načítání | čekejte prosím | bez názvu | neznámý | hledat | další | předchozí | zpět |
    zavřít | zvětšit | klikněte pro zvětšení | zobrazit | zobrazit více | více | více informací | číst dále |
    sdílet | tisk | reklama | galerie | fotogalerie | přihlásit | kontakt | do košíku | koupit | stáhnout |
    popis | zdroj`,
  sk: `
    obrázok | obrázky | fotka | fotografia | ikona | náhľad | bez obrázka | žiadny obrázok |
    obrázok nie je k dispozícii | načítava sa | bez názvu | neznámy | hľadať | ďalší | predchádzajúci | späť |
    zavrieť | zväčšiť | zobraziť | viac | čítať ďalej | zdieľať | reklama | galéria | fotogaléria |
    do košíka | popis | zdroj`,
  hu: `
    kép | képek | fotó | fotók | fénykép | logó | ikon | bélyegkép | indexkép | borítókép | profilkép |
    termékkép | háttér | háttérkép | nincs kép | a kép nem elérhető | kép nem elérhető | a kép nem található |
    hamarosan | betöltés | kérem várjon | névtelen | cím nélkül | ismeretlen | keresés | következő | előző |
    vissza | bezárás | nagyítás | kattintson a nagyításhoz | megtekintés | tovább | tovább olvasom |
    bővebben | több | megosztás | nyomtatás | hirdetés | reklám | galéria | képgaléria | bejelentkezés |
    kapcsolat | kosárba | vásárlás | letöltés | leírás | forrás`,
  ro: `
    imagine | imagini | poză | poze | fotografie | pictogramă | miniatură | copertă | fotografie de profil |
    fundal | fără imagine | fără poză | imagine indisponibilă | imaginea nu este disponibilă | în curând |
    se încarcă | vă rugăm așteptați | fără titlu | necunoscut | căutare | următorul | anterior | înapoi |
    închide | mărește | vezi | vezi mai mult | citește mai mult | mai mult | distribuie | tipărește |
    publicitate | galerie | galerie foto | autentificare | adaugă în coș | cumpără | descarcă | descriere |
    sursă`,
  tr: `
    resim | resimler | görsel | fotoğraf | fotoğraflar | simge | küçük resim | kapak resmi | profil resmi |
    profil fotoğrafı | ürün resmi | ürün görseli | arka plan | resim yok | görsel yok | fotoğraf yok |
    resim bulunamadı | görsel bulunamadı | resim mevcut değil | yakında | yükleniyor | lütfen bekleyin |
    adsız | isimsiz | başlıksız | bilinmeyen | arama | sonraki | önceki | geri | kapat | büyüt |
    büyütmek için tıklayın | görüntüle | daha fazla | devamını oku | detaylar | paylaş | yazdır | reklam |
    galeri | fotoğraf galerisi | giriş | iletişim | sepete ekle | satın al | indir | açıklama | kaynak`,
  ru: `
    картинка | картинки | изображение | изображения | фото | фотография | фотографии | фотка | рисунок |
    логотип | лого | иконка | значок | миниатюра | превью | обложка | аватар | аватарка | фото профиля |
    фото товара | нет фото | нет изображения | без фото | фото отсутствует | изображение отсутствует |
    изображение недоступно | изображение не найдено | скоро | загрузка | подождите | без названия |
    без имени | неизвестно | поиск | далее | вперед | назад | следующий | предыдущий | закрыть | увеличить |
    нажмите, чтобы увеличить | нажмите для увеличения | смотреть | подробнее | читать далее | читать дальше |
    ещё | еще | поделиться | печать | реклама | галерея | фотогалерея | войти | вход | контакты | в корзину |
    купить | скачать | описание | источник`,
  uk: `
    картинка | зображення | фото | фотографія | світлина | логотип | іконка | значок | мініатюра |
    обкладинка | аватар | фото профілю | фото товару | немає фото | без фото | зображення відсутнє |
    фото відсутнє | зображення недоступне | незабаром | завантаження | зачекайте | без назви | невідомо |
    пошук | далі | назад | наступний | попередній | закрити | збільшити | дивитися | детальніше |
    читати далі | ще | поділитися | друк | реклама | галерея | фотогалерея | увійти | контакти | в кошик |
    у кошик | купити | завантажити | опис | джерело`,
  bg: `
    снимка | снимки | изображение | картинка | лого | икона | миниатюра | корица | няма снимка |
    няма изображение | снимката не е налична | очаквайте скоро | зареждане | без заглавие | неизвестен |
    търсене | следващ | предишен | назад | затвори | увеличи | виж още | прочети още | още | сподели | печат |
    реклама | галерия | вход | контакти | купи | описание | източник`,
  el: `
    εικόνα | εικόνες | φωτογραφία | φωτογραφίες | λογότυπο | εικονίδιο | μικρογραφία | εξώφυλλο |
    φωτογραφία προφίλ | φόντο | χωρίς εικόνα | δεν υπάρχει εικόνα | η εικόνα δεν είναι διαθέσιμη |
    μη διαθέσιμη εικόνα | σύντομα | φόρτωση | παρακαλώ περιμένετε | χωρίς τίτλο | άγνωστο | αναζήτηση |
    επόμενο | προηγούμενο | πίσω | κλείσιμο | μεγέθυνση | προβολή | περισσότερα | διαβάστε περισσότερα |
    κοινοποίηση | εκτύπωση | διαφήμιση | συλλογή | σύνδεση | επικοινωνία | αγορά | περιγραφή | πηγή`,
  ar: `
    صورة | الصورة | صور | شعار | الشعار | أيقونة | صورة مصغرة | غلاف | صورة الملف الشخصي | خلفية |
    لا توجد صورة | الصورة غير متوفرة | الصورة غير متاحة | قريبا | قريباً | جار التحميل | جاري التحميل |
    بدون عنوان | غير معروف | بحث | التالي | السابق | إغلاق | تكبير | اضغط للتكبير | عرض المزيد | المزيد |
    اقرأ المزيد | مشاركة | طباعة | إعلان | معرض الصور | تسجيل الدخول | اتصل بنا | أضف إلى السلة | شراء |
    تحميل | وصف | المصدر`,
  fa: `
    تصویر | عکس | تصاویر | لوگو | آیکون | تصویر شاخص | تصویر پروفایل | بدون تصویر | بدون عکس |
    تصویر موجود نیست | به زودی | در حال بارگذاری | بدون عنوان | ناشناس | جستجو | بعدی | قبلی | بازگشت | بستن |
    بزرگنمایی | مشاهده | بیشتر | ادامه مطلب | اشتراک گذاری | چاپ | تبلیغات | گالری | ورود | تماس با ما |
    خرید | دانلود | توضیحات | منبع`,
  he: `
    תמונה | תמונות | צילום | לוגו | סמל | אייקון | תמונה ממוזערת | תמונת פרופיל | אין תמונה | תמונה לא זמינה |
    התמונה אינה זמינה | בקרוב | טוען | ללא כותרת | לא ידוע | חיפוש | הקודם | חזרה | הגדל | לחץ להגדלה | הצג |
    קרא עוד | הדפסה | פרסומת | גלריה | התחברות | צור קשר | הוסף לסל | קנה עכשיו | הורדה | תיאור | מקור`,
  hi: `
    चित्र | तस्वीर | तस्वीरें | फोटो | फ़ोटो | छवि | इमेज | लोगो | प्रतीक | आइकन | थंबनेल | कवर | पृष्ठभूमि |
    कोई चित्र नहीं | कोई फोटो नहीं | चित्र उपलब्ध नहीं है | छवि उपलब्ध नहीं है | जल्द आ रहा है |
    लोड हो रहा है | कृपया प्रतीक्षा करें | शीर्षकहीन | अज्ञात | खोजें | अगला | पिछला | वापस | बंद करें |
    देखें | और देखें | और पढ़ें | अधिक | साझा करें | शेयर करें | विज्ञापन | गैलरी | लॉग इन | संपर्क करें |
    अभी खरीदें | डाउनलोड | विवरण | स्रोत`,
  bn: `
    ছবি | চিত্র | ফটো | লোগো | আইকন | থাম্বনেইল | প্রচ্ছদ | পটভূমি | কোনো ছবি নেই | ছবি নেই |
    ছবি পাওয়া যায়নি | শীঘ্রই আসছে | লোড হচ্ছে | শিরোনামহীন | অজানা | অনুসন্ধান | পরবর্তী | পূর্ববর্তী |
    ফিরে যান | বন্ধ করুন | দেখুন | আরও দেখুন | আরও পড়ুন | আরও | শেয়ার | বিজ্ঞাপন | গ্যালারি | লগ ইন |
    যোগাযোগ | ডাউনলোড | বিবরণ | সূত্র`,
  th: `
    รูป | รูปภาพ | ภาพ | ภาพถ่าย | โลโก้ | ไอคอน | ภาพขนาดย่อ | ภาพปก | รูปโปรไฟล์ | พื้นหลัง | ไม่มีรูป |
    ไม่มีรูปภาพ | ไม่มีภาพ | ไม่พบรูปภาพ | เร็วๆ นี้ | กำลังโหลด | โปรดรอสักครู่ | ไม่มีชื่อ | ไม่ทราบ |
    ค้นหา | ถัดไป | ก่อนหน้า | คลิกเพื่อขยาย | ดูเพิ่มเติม | อ่านต่อ | อ่านเพิ่มเติม | เพิ่มเติม | แชร์ |
    โฆษณา | แกลเลอรี | เข้าสู่ระบบ | ติดต่อเรา | ซื้อเลย | ดาวน์โหลด | คำอธิบาย | ที่มา`,
  vi: `
    ảnh | hình | hình ảnh | bức ảnh | biểu tượng | ảnh thu nhỏ | ảnh bìa | ảnh đại diện | ảnh nền |
    không có ảnh | không có hình | không có hình ảnh | hình ảnh không có sẵn | sắp ra mắt | đang tải |
    vui lòng chờ | không có tiêu đề | không tên | không rõ | tìm kiếm | tiếp | tiếp theo | trước | quay lại |
    đóng | phóng to | nhấn để phóng to | xem thêm | đọc thêm | chi tiết | chia sẻ | quảng cáo | thư viện ảnh |
    đăng nhập | liên hệ | mua ngay | thêm vào giỏ | tải xuống | mô tả | nguồn`,
  id: `
    gambar | foto | ikon | gambar mini | sampul | foto profil | gambar produk | latar belakang |
    tidak ada gambar | tidak ada foto | gambar tidak tersedia | gambar tidak ditemukan | segera hadir |
    memuat | mohon tunggu | tanpa judul | tidak diketahui | berikutnya | selanjutnya | sebelumnya | kembali |
    perbesar | klik untuk memperbesar | lihat selengkapnya | selengkapnya | baca selengkapnya | bagikan |
    cetak | iklan | galeri | hubungi kami | beli sekarang | unduh | deskripsi | sumber`,
  ms: `
    gambar | imej | foto | ikon | gambar kecil | muka depan | gambar profil | gambar produk | latar belakang |
    tiada gambar | tiada imej | gambar tidak tersedia | akan datang | memuatkan | sila tunggu | tanpa tajuk |
    tidak diketahui | carian | seterusnya | sebelumnya | kembali | besarkan | klik untuk besarkan |
    lihat lagi | baca lagi | kongsi | cetak | iklan | galeri | log masuk | hubungi kami | beli sekarang |
    muat turun | keterangan | sumber`,
  ja: `
    画像 | 写真 | イメージ | 画像なし | 写真なし | 画像はありません | 画像がありません | 画像準備中 | 写真準備中 | 準備中 | no image | ロゴ | アイコン | サムネイル |
    サムネ | バナー | アバター | プロフィール画像 | 表紙 | 背景 | 背景画像 | 商品画像 | アイキャッチ | アイキャッチ画像 | 読み込み中 | 無題 | 名称未設定 | 不明 | 検索 |
    次へ | 前へ | 戻る | 閉じる | 拡大 | 拡大する | クリックで拡大 | 画像をクリックすると拡大します | 見る | もっと見る | 続きを読む | 詳細 | 詳細を見る | シェア | 印刷 |
    広告 | ギャラリー | ログイン | お問い合わせ | カートに入れる | 購入する | ダウンロード | 説明 | 出典`,
  zh: `
    图片 | 照片 | 图像 | 图 | 相片 | 图标 | 标志 | 商标 | 缩略图 | 横幅 | 头像 | 封面 | 封面图 | 背景 | 背景图 | 产品图片 | 商品图片 | 暂无图片 | 没有图片 |
    无图 | 无图片 | 图片不存在 | 图片加载中 | 图片加载失败 | 加载中 | 正在加载 | 请稍候 | 无标题 | 未命名 | 未知 | 搜索 | 下一页 | 上一页 | 下一张 | 上一张 | 返回 |
    关闭 | 放大 | 点击放大 | 点击查看大图 | 查看大图 | 查看 | 查看更多 | 更多 | 阅读更多 | 了解更多 | 详情 | 分享 | 打印 | 广告 | 图库 | 登录 | 联系我们 |
    加入购物车 | 立即购买 | 下载 | 描述 | 来源 | 圖片 | 照片集 | 圖像 | 圖 | 圖示 | 標誌 | 縮圖 | 頭像 | 暫無圖片 | 沒有圖片 | 無圖片 | 載入中 | 無標題 |
    未命名檔案 | 搜尋 | 下一頁 | 上一頁 | 關閉 | 點擊放大 | 閱讀更多 | 廣告 | 登入 | 聯絡我們 | 加入購物車 | 下載 | 來源`,
  ko: `
    이미지 | 사진 | 그림 | 로고 | 아이콘 | 썸네일 | 배너 | 아바타 | 프로필 | 프로필 사진 | 프로필 이미지 | 표지 | 배경 | 배경 이미지 | 상품 이미지 | 대표 이미지 |
    이미지 없음 | 사진 없음 | 이미지가 없습니다 | 준비중 | 준비 중 | 이미지 준비중 | 로딩중 | 로딩 중 | 잠시만 기다려 주세요 | 제목 없음 | 무제 | 알 수 없음 | 검색 |
    다음 | 이전 | 뒤로 | 닫기 | 확대 | 클릭하면 확대됩니다 | 보기 | 더보기 | 더 보기 | 자세히 보기 | 계속 읽기 | 공유 | 공유하기 | 인쇄 | 광고 | 갤러리 | 로그인 |
    문의하기 | 장바구니 | 구매하기 | 다운로드 | 설명 | 출처`,
}

/** Every phrase, whatever its language: a page's captions are seldom in its own language only. */
export function boilerplatePhrases(): Set<string> {
  return new Set(
    Object.values(PHRASES).flatMap((phrases) => phrases.split(/\s*\|\s*/).map((phrase) => phrase.trim())),
  )
}
